"""The page of all models, made from what the store lists of their status objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.core.artifact import MODEL_NAME, status_name
from shared.core.page.document import Section, page
from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, code, datum, element, joined, paragraph
from shared.core.page.table import Head, table
from shared.core.text import count, moment, number
from shared.status import missed, word

MOST = 500


@dataclass(frozen=True)
class Line:
    """One model. head: the metadata of its status object, as `data.head` made it."""

    model: str
    head: dict[str, str]

    def told(self, key: str) -> str:
        """One of the facts, or ""."""
        return self.head.get(f"dropserve-{key}", "")


def render(lines: Sequence[Line], ignored: dict[str, Any]) -> bytes:
    """The page, in UTF-8. ignored: the near misses that belong to no model."""
    made = (
        ("models", "Models", _models(lines)),
        ("ignored", "Ignored", missed.ignored(Facts(ignored))),
    )
    sections = [Section(anchor, title, content) for anchor, title, content in made if content]
    header: list[Content] = [element("h1", "Models"), _summary(lines)]
    return page("dropserve: status", header, sections, "Made by dropserve from the ledger.")


def _summary(lines: Sequence[Line]) -> Markup:
    if not lines:
        return paragraph("No model yet: drop a CSV below data/<model>/.", class_="soft")
    kept = sum(line.told("why") in ("pinned", "frozen") for line in lines)
    told = f"{count(len(lines), 'model')}, {number(kept)} pinned or frozen."
    return paragraph(told, class_="soft")


def _models(lines: Sequence[Line]) -> list[Markup]:
    newest = sorted(lines, key=lambda line: (line.told("last-at"), line.model), reverse=True)
    heads = [Head("Model"), Head("Live"), Head("Last drop"), Head("Drops", "figure", wide=True)]
    rows = [_row(line) for line in newest[:MOST]]
    more = len(newest) - MOST
    note = [paragraph(f"And {count(more, 'more model')}.", class_="soft")] if more > 0 else []
    return [table(None, heads, rows), *note] if rows else []


def _row(line: Line) -> list[Content]:
    why, last = line.told("why"), line.told("last")
    tag = element("span", why, class_="tag warn") if why in ("pinned", "frozen") else None
    kind, told = word.STATES.get(last, ("", ""))
    state = element("span", told, class_=f"tag {kind}".strip()) if told else None
    page_name = status_name(line.model).rpartition("/")[2]
    is_name = MODEL_NAME.fullmatch(line.model)  # else nothing of ours: it makes no address
    live = line.told("live")
    return [
        element("a", datum(line.model), href=page_name) if is_name else datum(line.model),
        joined(code(live, 130) if live else "nothing yet", " ", tag),
        joined(state, " ", element("small", moment(line.told("last-at")), class_="soft")),
        line.told("drops"),
    ]
