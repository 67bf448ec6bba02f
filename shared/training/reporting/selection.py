"""Which estimator was chosen, why, and what the others did; and its portable copy."""

from __future__ import annotations

from typing import Any

from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, code, datum, joined, paragraph
from shared.core.page.table import Head, pairs, table
from shared.core.text import words
from shared.training.reporting.metric import TITLES

MOST = 20
KNOWN = {"rows": "Rows compared"}

SCORES = ("balanced_accuracy", "rmse", "accuracy", "score")


def selection(card: Facts) -> list[Markup]:
    """The estimator, the reason, the candidates' scores."""
    facts = card.part("facts", "selection")
    why = facts.text("why")
    made = [paragraph(datum(why, 1_500))] if why else []
    return [*made, *_candidates(card, facts.objects("scores")), *_estimator(card)]


def portable(card: Facts) -> list[Markup]:
    """Whether the copy without Python was written, and why not."""
    facts = card.part("facts", "portable")
    if not facts:
        return []
    rows: list[tuple[Content, Content]] = [
        (KNOWN.get(key, words(key)), datum(_plain(facts.raw(key)), 300))
        for key in sorted(facts.keys())[:MOST]
        if key not in ("written", "why") and _plain(facts.raw(key))
    ]
    said = (
        "An ONNX copy was written, which is served"
        if facts.flag("written")
        else "No ONNX copy was written, scikit-learn itself is served"
    )
    why = facts.text("why").rstrip(".")
    made = [paragraph(said, joined(": ", datum(why, 600)) if why else None, ".")]
    return [*made, pairs(None, rows)] if rows else made


def _candidates(card: Facts, scores: list[Facts]) -> list[Markup]:
    if not scores:
        return []
    key = next((k for k in SCORES if any(s.number(k) is not None for s in scores)), "")
    chosen = card.part("facts", "selection", "choice").text("name")
    rows: list[list[Content]] = [
        [
            datum(score.text("name")),
            "" if (value := score.number(key)) is None else value,
            "" if (fits := score.number("fits")) is None else fits,
            datum("chosen" if chosen and score.text("name") == chosen else score.text("note"), 300),
        ]
        for score in scores[:MOST]
    ]
    heads = [
        Head("Estimator"),
        Head(TITLES.get(key, "Score"), "figure"),
        Head("Fits", "figure"),
        Head("Outcome"),
    ]
    return [table("Candidates, in the order of trial", heads, rows)]


def _estimator(card: Facts) -> list[Markup]:
    facts = card.part("estimator")
    if not facts.text("name"):
        return []
    rows: list[tuple[Content, Content]] = [("Estimator", code(facts.text("name")))]
    for name in sorted(facts.part("parameters").keys())[:MOST]:
        value = _plain(facts.part("parameters").raw(name))
        rows.append((datum(name), code(value, 80)))
    for name in sorted(set(facts.keys()) - {"name", "parameters"})[:MOST]:
        rows.append((words(name), datum(_plain(facts.raw(name)), 200)))
    return [pairs("The estimator", rows)]


def _plain(value: Any) -> str:
    """A setting as text; nothing for what is nested."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:g}"
    return value if isinstance(value, str) else ""
