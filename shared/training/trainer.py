"""From the bytes of a CSV to a model and its card: no store, no clock, the same every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.artifacts.writing import dump
from shared.core.artifact import MODEL_FILE, Source, version_name
from shared.core.card import Card, sha256
from shared.core.errors import Finding
from shared.core.stopwatch import Stopwatch
from shared.training import lineage
from shared.training.fitting import estimator
from shared.training.fitting.golden import golden
from shared.training.inputs import Inputs
from shared.training.judging.evaluation import evaluate
from shared.training.reading.dataset import Dataset, read

Checked = Callable[[Dataset], None]


@dataclass(frozen=True)
class Trained:
    """A model's bytes and its card."""

    model: bytes
    card: Card


def train(
    data: bytes,
    inputs: Inputs,
    watch: Stopwatch,
    *,
    checked: Checked = lambda _: None,
    more_warnings: tuple[Finding, ...] = (),
) -> Trained:
    """Check, fit, evaluate, card. checked: called once the data is known to be fit for training.

    Raises DatasetRejected.
    """
    with watch("check"):
        dataset = read(data, inputs.target, inputs.target_names)
    checked(dataset)
    with watch("fit"):
        fitted = estimator.fit(dataset.values, dataset.labels, gaps=dataset.has_gaps)
    with watch("evaluate"):
        metrics = evaluate(dataset)
    with watch("card"):
        requests = golden(fitted, dataset)
        model = dump(fitted)
        warnings = [finding.as_dict() for finding in (*dataset.warnings, *more_warnings)]
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
            warnings=warnings,
        )
    return Trained(model, card)


def warm() -> None:
    """Train once on made-up rows, so that a first drop finds every lazy import done."""
    rows = [f"{i % 5}.5,{i % 7}.25,{'ab'[i % 2]}" for i in range(24)]
    rows[0] = ",0.25,a"  # a gap, for the imputer
    source = Source("warm", "data/warm/warm.csv", 1, "2000-01-01T00:00:00Z")
    inputs = Inputs("warm", source, "label", (), None, "")
    for first in (0, 1):
        train("\n".join(["x,y,label", *rows[first:]]).encode(), inputs, Stopwatch())
