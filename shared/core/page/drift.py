"""How far distributions have moved, as a table: a name, its index, a word, a bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.core.page.chart import bar
from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, datum, element, paragraph
from shared.core.page.table import Head, table
from shared.core.text import count, number

MOST = 20
FULL = 0.35
"""The least index that fills a bar: .25 is called high."""

LEVELS = {
    "none": ("good", "steady"),
    "warn": ("warn", "moved"),
    "high": ("bad", "moved far"),
}

EXPLAINED = (
    "The population stability index (PSI) says how far a distribution has moved: below 0.1 hardly, "
    "above 0.25 far."
)


Tell = Callable[[Facts], str]
"""What a cell says of a fact."""


def level(fact: Facts) -> Markup:
    """The word of a fact's level, as a tag."""
    kind, word = LEVELS.get(fact.text("level"), ("", fact.text("level")))
    return element("span", word, class_=f"tag {kind}".strip())


def moved(found: Sequence[Facts], target: tuple[str, Facts], head: str, tell: Tell) -> list[Markup]:
    """A row for the target, by its name here, and each input. head, tell: of one more column."""
    name, fact = target
    top = max([FULL, *(one.number("psi") or 0.0 for one in found)])
    rows = [_row(datum(one.text("name")), one, top, tell) for one in found[:MOST]]
    if fact:
        rows.insert(0, _row(name, fact, top, tell))
    if not rows:
        return []
    heads = [
        Head("Input"),
        Head("PSI", "figure"),
        Head("Moved"),
        Head(head, "figure", wide=True),
        Head("PSI, drawn", "chart"),
    ]
    left = len(found) - MOST
    note = paragraph(f"And {count(left, 'more input')} that moved less.", class_="soft")
    return [table(None, heads, rows), *([note] if left > 0 else [])]


def _row(name: Content, fact: Facts, top: float, tell: Tell) -> list[Content]:
    psi = fact.number("psi")
    return [
        name,
        "" if psi is None else number(round(psi, 4)),
        None if psi is None else level(fact),
        tell(fact),
        None if psi is None else bar(psi / top),
    ]
