"""What the status page shows of sampled requests: how far they lie from the training data."""

from __future__ import annotations

from shared.core.page.drift import EXPLAINED, level, moved
from shared.core.page.facts import Facts
from shared.core.page.markup import Markup, datum, element, paragraph
from shared.core.text import count, moment, number, percent


def requests(facts: Facts) -> list[Markup]:
    """The level, what is odd in words, and the index of each input."""
    found = facts.part("requests")
    if not found:
        return []
    amount, least = found.number("instances") or 0, found.number("least") or 0
    sampled = f"{count(amount, 'instance')} of {count(found.number('requests') or 0, 'request')}"
    if not found.text("level"):
        told = f"{sampled} kept so far; from {number(least)} instances on they are compared."
        return [paragraph(told, class_="soft")]
    since = f"{moment(found.text('from'))} to {moment(found.text('to'))}"
    told = f" {sampled}, {since}, against the training data of the live version. {EXPLAINED}"
    words = [element("li", datum(word, 400)) for word in found.texts("words")]
    answers = "The answers", found.part("answers")
    return [
        paragraph(level(found), told),
        *([element("ul", *words)] if words else []),
        *moved(found.objects("inputs"), answers, "Not seen in training", _unseen),
    ]


def _unseen(fact: Facts) -> str:
    """Share of unknown categories, or of numbers out of range."""
    unknown, outside = fact.number("unknown"), fact.number("outside")
    share = outside if unknown is None else unknown
    return "" if share is None else percent(share)
