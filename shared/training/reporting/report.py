"""The report: one self-contained HTML page about a version, made from its card alone.

No network, no script, no clock; whatever comes from data is escaped, cut and made visible.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.core.page.document import Section, page
from shared.core.page.facts import Facts
from shared.core.page.markup import Markup, code, datum, element
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
from shared.training.reporting.importance import importance

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

FOOTER = (
    "Made by dropserve from the model card alone, which holds the same facts as JSON. "
    "No row and no rare value of the data is in either."
)


def render(card: dict[str, Any]) -> bytes:
    """The page, in UTF-8. Equal cards give equal bytes; any JSON object gives a page."""
    facts = Facts(card)
    sections = [
        Section(anchor, title, content)
        for anchor, title, parts in SECTIONS
        if (content := [piece for part in parts for piece in part(facts)])
    ]
    title = f"{facts.text('model')} {facts.text('version')}"
    return page(title, _header(facts), sections, FOOTER)


def _header(facts: Facts) -> list[Markup]:
    return [
        element("h1", "Model ", datum(facts.text("model"))),
        element("p", "Version ", code(facts.text("version"), 130), class_="soft"),
        *decision.verdict(facts),
        *summary.tiles(facts),
    ]
