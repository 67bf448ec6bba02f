"""Drift: how far this data has moved from the data of the version that was live."""

from __future__ import annotations

from shared.core.page.chart import bar
from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, datum, element, joined, paragraph
from shared.core.page.table import Head, table
from shared.core.page.text import count, listed, number, percent

MOST = 20
FULL = 0.35
"""The least index that fills a bar: .25 is called high."""

LEVELS = {
    "none": ("good", "steady"),
    "warn": ("warn", "moved"),
    "high": ("bad", "moved far"),
}


def drift(card: Facts) -> list[Markup]:
    """The level, the words, and the index of each input."""
    facts = card.part("facts", "drift")
    if not facts:
        return []
    rows = facts.numbers("rows")
    compared = (
        f"{count(rows[1], 'row')} against {number(rows[0])} of the live version's data. "
        if len(rows) == 2
        else ""
    )
    return [
        paragraph(
            _level(facts),
            f" {compared}The population stability index (PSI) says how far a distribution has "
            "moved: below 0.1 hardly, above 0.25 far.",
        ),
        *_inputs(facts),
        *_names(facts),
    ]


def _inputs(facts: Facts) -> list[Markup]:
    found = facts.objects("inputs")
    top = max([FULL, *(fact.number("psi") or 0.0 for fact in found)])
    rows = [_row(datum(fact.text("name")), fact, top) for fact in found[:MOST]]
    if target := facts.part("target"):
        rows.insert(0, _row("The target", target, top))
    if not rows:
        return []
    more = len(found) - MOST
    note = f"And {count(more, 'more input')} that moved less."
    heads = [
        Head("Input"),
        Head("PSI", "figure"),
        Head("Moved"),
        Head("New or rare", "figure", wide=True),
        Head("PSI, drawn", "chart"),
    ]
    return [table(None, heads, rows), *([paragraph(note, class_="soft")] if more > 0 else [])]


def _row(name: Content, fact: Facts, top: float) -> list[Content]:
    psi, new = fact.number("psi"), fact.number("new_share")
    return [
        name,
        "" if psi is None else number(round(psi, 4)),
        _level(fact),
        f"+{percent(new)}" if new else "",
        None if psi is None else bar(psi / top),
    ]


def _level(fact: Facts) -> Markup:
    kind, word = LEVELS.get(fact.text("level"), ("", fact.text("level")))
    return element("span", word, class_=f"tag {kind}".strip())


def _names(facts: Facts) -> list[Markup]:
    made = []
    for key, text in (("gone", "No longer there"), ("added", "New columns")):
        if names := facts.texts(key):
            made.append(paragraph(f"{text}: ", joined(datum(listed(names, 10), 900)), "."))
    return made
