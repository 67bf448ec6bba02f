"""Trains on made-up rows before the first drop comes, so that it finds every lazy import done."""

from __future__ import annotations

import io

from shared.core.source import Source
from shared.training.inputs import File, Inputs
from shared.training.reporting.report import render
from shared.training.trainer import OpenSource, train

ROWS = 60


def warm() -> None:
    """A model of numbers, one of text and gaps, a regression; and their reports."""
    _train([f"{i % 7}.5,{(i * 3) % 11}.25,{'ab'[i % 7 > 3]}" for i in range(ROWS)])
    _train([f"{i % 7 or ''},{'xyz'[i % 3]},{'ab'[i % 3 > 0]}" for i in range(ROWS)], LINEAR)
    _train([f"{i % 7}.5,{(i * 3) % 11}.25,{i % 7 * 3.7 + i / 50}" for i in range(ROWS)], REGRESSION)


LINEAR = 'estimator = "LogisticRegression"'
REGRESSION = 'task = "regression"\nestimator = "Ridge"'


def _train(rows: list[str], toml: str = "") -> None:
    source = Source("warm", "data/warm/warm.csv", 1, "2000-01-01T00:00:00Z")
    inputs = Inputs("warm", source, (File(source, 0),), ("label",), "", toml=toml)
    made = train(inputs, _always("\n".join(["x,y,label", *rows]).encode()))
    render(made.card.as_dict())


def _always(data: bytes) -> OpenSource:
    return lambda _: io.BytesIO(data)
