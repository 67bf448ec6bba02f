"""The report: one self-contained HTML page about a version, made from its card alone.

No network, no script, no clock; whatever comes from data is escaped, cut and made visible.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.training.reporting import (
    call,
    decision,
    delivery,
    drift,
    lineage,
    quality,
    schema,
    selection,
    summary,
)
from shared.training.reporting.calibration import calibration
from shared.training.reporting.facts import Facts
from shared.training.reporting.importance import importance
from shared.training.reporting.markup import Markup, code, datum, element, joined, lines
from shared.training.reporting.style import SHEET, policy

Part = Callable[[Facts], list[Markup]]

SECTIONS: tuple[tuple[str, str, tuple[Part, ...]], ...] = (
    ("decision", "Against the live version", (decision.decision,)),
    ("quality", "How good it is", (quality.figures, quality.classes, quality.residuals)),
    ("calibration", "Do its probabilities hold?", (calibration,)),
    ("importance", "What it looks at", (importance,)),
    ("delivery", "What came", (delivery.came,)),
    ("warnings", "What was odd", (delivery.odd,)),
    ("schema", "Features and target", (schema.features, schema.target)),
    ("drift", "Has the data moved?", (drift.drift,)),
    ("selection", "Why this estimator", (selection.selection,)),
    ("portable", "Portable copy", (selection.portable,)),
    ("call", "How to call it", (call.how_to_call,)),
    ("lineage", "Where it comes from", (lineage.lineage,)),
)
"""Anchor, title and parts. A section whose parts have nothing to say is left out."""


def render(card: dict[str, Any]) -> bytes:
    """The page, in UTF-8. Equal cards give equal bytes; any JSON object gives a page."""
    facts = Facts(card)
    made = [
        (anchor, title, content)
        for anchor, title, parts in SECTIONS
        if (content := [piece for part in parts for piece in part(facts)])
    ]
    sections = (_section(anchor, title, content) for anchor, title, content in made)
    page = element(
        "html",
        _head(facts),
        element("body", _header(facts, made), element("main", lines(*sections)), _footer()),
        lang="en",
    )
    return f"<!DOCTYPE html>\n{page}\n".encode()


def _head(facts: Facts) -> Markup:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=Markup(policy())),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="color-scheme", content="light dark"),
        element("meta", name_="referrer", content="no-referrer"),
        element("title", f"{facts.text('model')} {facts.text('version')}"),
        element("style", Markup(SHEET)),
    )


def _header(facts: Facts, made: list[tuple[str, str, list[Markup]]]) -> Markup:
    links = (element("li", element("a", title, href=f"#{anchor}")) for anchor, title, _ in made)
    return element(
        "header",
        element("h1", "Model ", datum(facts.text("model"))),
        element("p", "Version ", code(facts.text("version"), 130), class_="soft"),
        *decision.verdict(facts),
        *summary.tiles(facts),
        element("nav", element("ul", *links), aria_label="Sections"),
    )


def _section(anchor: str, title: str, content: list[Markup]) -> Markup:
    head = element("h2", title, id=f"{anchor}-title")
    return element("section", head, lines(*content), id=anchor, aria_labelledby=f"{anchor}-title")


def _footer() -> Markup:
    return element(
        "footer",
        joined(
            "Made by dropserve from the model card alone, which holds the same facts as JSON. ",
            "No row and no rare value of the data is in either.",
        ),
    )
