"""CSVs that say what becomes of them, and a trainer that does so in no time."""

from __future__ import annotations

from typing import Any

from shared.core.artifact import MODEL_FILE, version_name
from shared.core.card import Card, Golden, sha256
from shared.core.errors import DatasetRejected, Finding
from shared.core.schema import Feature, Schema
from shared.training.inputs import Inputs
from shared.training.trainer import OpenSource, Trained

GOOD, OTHER, BAD, LIAR = b"good", b"other", b"bad", b"liar"
"""Trains; trains with another schema; is refused; trains to a model that answers wrongly."""

SCHEMAS = {
    GOOD: Schema((Feature("x"),), "y", ("a", "b")),
    LIAR: Schema((Feature("x"),), "y", ("a", "b")),
    OTHER: Schema((Feature("x"), Feature("z")), "y", ("a", "b")),
}


def train(inputs: Inputs, open_source: OpenSource, *_: Any, **__: Any) -> Trained:
    """What the real trainer does, as far as anybody outside can tell: the drop's own file first."""
    read = []
    for file in reversed(inputs.files):
        with open_source(file.source) as stream:
            read.append(stream.read())
    kind = read[0].split(b":")[0]
    if kind == BAD:
        raise DatasetRejected(Finding("too_few_rows", "There are too few rows."))
    model = inputs.source.uri.encode()
    answer = 2.0 if kind == LIAR else 1.0
    card = Card(
        model=inputs.model,
        version=version_name(inputs.source),
        source=inputs.source,
        schema=SCHEMAS[kind],
        estimator={},
        metrics={},
        golden=Golden([[1.0]], [answer]),
        files={MODEL_FILE: {"sha256": sha256(model), "size": len(model)}},
        libraries={},
        code_digest="",
    )
    return Trained({MODEL_FILE: model}, card)
