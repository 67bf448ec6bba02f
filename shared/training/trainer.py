"""From frozen inputs to a model, its card and what lies beside them: the same every time.

No store and no clock: the function and the training job call it with streams to read from.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from shared.artifacts.writing import dump
from shared.core.artifact import MODEL_FILE, Source, version_name
from shared.core.card import Card, sha256
from shared.core.stopwatch import Stopwatch
from shared.training import lineage
from shared.training.fitting import estimator
from shared.training.fitting.golden import golden
from shared.training.inputs import File, Inputs
from shared.training.judging.evaluation import evaluate
from shared.training.reading.dataset import read

OpenSource = Callable[[Source], BinaryIO]
"""A forward-only stream over one CSV; ObjectNotFound may come at any read."""


class Progress(Protocol):
    """Told at the beginning of each stage. What it raises ends the training."""

    def __call__(self, stage: str, **facts: Any) -> None:
        """facts: rows and features, once they are known."""


@dataclass(frozen=True)
class Trained:
    """Everything of a model's directory but the card itself, by file name; and the card."""

    files: dict[str, bytes]
    card: Card


def _silent(stage: str, **facts: Any) -> None:
    """Tells nobody."""


def train(
    inputs: Inputs,
    open_source: OpenSource,
    watch: Stopwatch,
    *,
    progress: Progress = _silent,
) -> Trained:
    """Check, fit, evaluate, card. Raises DatasetRejected."""
    progress("read")
    with watch("read"), open_source(inputs.source) as stream:
        data = stream.read()
    with watch("check"):
        dataset = read(data, inputs.target, inputs.target_names)
    progress("fit", rows=len(dataset.labels), features=len(dataset.schema.features))
    with watch("fit"):
        fitted = estimator.fit(dataset.values, dataset.labels, gaps=dataset.has_gaps)
    with watch("evaluate"):
        metrics = evaluate(dataset)
    with watch("card"):
        requests = golden(fitted, dataset)
        model = dump(fitted)
        card = Card(
            model=inputs.model,
            version=version_name(inputs.source),
            source=inputs.source,
            schema=dataset.schema,
            estimator=estimator.describe(gaps=dataset.has_gaps),
            metrics=metrics,
            golden=requests,
            files={MODEL_FILE: {"sha256": sha256(model), "size": len(model)}},
            libraries=lineage.libraries(),
            code_digest=lineage.code_digest(),
            warnings=[finding.as_dict() for finding in dataset.warnings],
        )
    return Trained({MODEL_FILE: model}, card)


def warm() -> None:
    """Train once on made-up rows, so that a first drop finds every lazy import done."""
    rows = [f"{i % 5}.5,{i % 7}.25,{'ab'[i % 2]}" for i in range(24)]
    rows[0] = ",0.25,a"  # a gap, for the imputer
    source = Source("warm", "data/warm/warm.csv", 1, "2000-01-01T00:00:00Z")
    inputs = Inputs("warm", source, (File(source, 0),), ("label",), "")
    for first in (0, 1):
        data = "\n".join(["x,y,label", *rows[first:]]).encode()
        train(inputs, _always(data), Stopwatch())


def _always(data: bytes) -> OpenSource:
    return lambda _: io.BytesIO(data)
