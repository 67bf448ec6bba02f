"""The whole page: its head with the policy, its sections with anchors, its foot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.core.page.markup import Content, Markup, element, lines
from shared.core.page.style import SHEET, policy


@dataclass(frozen=True)
class Section:
    """A part of a page that links lead to. anchor: its id; content: never empty."""

    anchor: str
    title: str
    content: Sequence[Content]

    @property
    def markup(self) -> Markup:
        """The section with its heading."""
        name = f"{self.anchor}-title"
        head = element("h2", self.title, id=name)
        inside = lines(*self.content)
        return element("section", head, inside, id=self.anchor, aria_labelledby=name)


def page(
    title: str, header: Iterable[Content], sections: Sequence[Section], footer: Content
) -> bytes:
    """One self-contained HTML page in UTF-8, which runs no script and loads nothing."""
    html = element(
        "html",
        _head(title),
        element(
            "body",
            element("header", *header, _contents(sections)),
            element("main", lines(*(section.markup for section in sections))),
            element("footer", footer),
        ),
        lang="en",
    )
    return f"<!DOCTYPE html>\n{html}\n".encode()


def _head(title: str) -> Markup:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=Markup(policy())),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="color-scheme", content="light dark"),
        element("meta", name_="referrer", content="no-referrer"),
        element("title", title),
        element("style", Markup(SHEET)),
    )


def _contents(sections: Sequence[Section]) -> Markup | None:
    if not sections:
        return None
    links = (element("li", element("a", s.title, href=f"#{s.anchor}")) for s in sections)
    return element("nav", element("ul", *links), aria_label="Sections")
