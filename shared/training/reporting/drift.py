"""Drift: how far this data has moved from the data of the version that was live."""

from __future__ import annotations

from shared.core.page.drift import EXPLAINED, level, moved
from shared.core.page.facts import Facts
from shared.core.page.markup import Markup, datum, joined, paragraph
from shared.core.text import count, listed, number, percent


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
        paragraph(level(facts), f" {compared}{EXPLAINED}"),
        *moved(facts.objects("inputs"), ("The target", facts.part("target")), "New or rare", _new),
        *_names(facts),
    ]


def _new(fact: Facts) -> str:
    new = fact.number("new_share")
    return f"+{percent(new)}" if new else ""


def _names(facts: Facts) -> list[Markup]:
    made = []
    for key, text in (("gone", "No longer there"), ("added", "New columns")):
        if names := facts.texts(key):
            made.append(paragraph(f"{text}: ", joined(datum(listed(names, 10), 900)), "."))
    return made
