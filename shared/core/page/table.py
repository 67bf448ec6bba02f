"""Tables with a caption, column heads and row heads, as a screen reader wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.core.page.markup import Content, Markup, element, joined


@dataclass(frozen=True)
class Head:
    """A column's head. kind: "figure" (right-aligned), "chart" or ""; wide: left out on phones."""

    title: str
    kind: str = ""
    wide: bool = False

    @property
    def classes(self) -> str | None:
        """The class attribute of the column's cells."""
        return " ".join(filter(None, (self.kind, "wide" if self.wide else ""))) or None


def table(caption: Content, heads: Sequence[Head], rows: Sequence[Sequence[Content]]) -> Markup:
    """The first cell of each row is the row's head."""
    top = joined(*(element("th", head.title, scope="col", class_=head.classes) for head in heads))
    body = (element("tr", *_cells(heads, row)) for row in rows)
    return element(
        "table",
        element("caption", caption) if caption else None,
        element("thead", element("tr", top)),
        element("tbody", *body),
    )


def pairs(caption: Content, rows: Sequence[tuple[Content, Content]]) -> Markup:
    """A table of two columns whose first says what the second is."""
    return element(
        "table",
        element("caption", caption) if caption else None,
        element(
            "tbody",
            *(
                element("tr", element("th", name, scope="row"), element("td", value))
                for name, value in rows
            ),
        ),
    )


def scrolling(label: str, content: Markup) -> Markup:
    """Something wide that scrolls by itself, with the keyboard too."""
    return element("div", content, class_="scroll", role="region", aria_label=label, tabindex=0)


def _cells(heads: Sequence[Head], row: Sequence[Content]) -> list[Markup]:
    first = element("th", row[0], scope="row", class_=heads[0].classes)
    rest = (
        element("td", cell, class_=head.classes)
        for head, cell in zip(heads[1:], row[1:], strict=True)
    )
    return [first, *rest]
