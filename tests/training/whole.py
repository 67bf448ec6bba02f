"""Generated drops through the whole trainer: what its test and the campaign share."""

from __future__ import annotations

import io
import random
from collections import Counter
from typing import Any

import joblib
from hypothesis import strategies as st

from shared.core.card import Card
from shared.core.errors import DatasetRejected
from shared.core.source import Source
from shared.core.trigger import GATE_METADATA
from shared.training.inputs import File, Inputs
from shared.training.trainer import Trained, train
from tests.training.reading.written import CELLS, GOOD, LABELS, NAMES, STYLES, Style, write

TOMLS = (
    "",
    'estimator = "LogisticRegression"',
    'estimator = "SVC"',
    'estimator = "HistGradientBoosting"\nparameters = { max_iter = 5 }',
    'estimator = "RandomForest"\nparameters = { n_estimators = 5 }',
    'task = "regression"\nestimator = "Ridge"',
)
_SOURCE = Source("data", "data/made/made.csv", 7, "2026-01-01T00:00:00Z")


@st.composite
def drops(draw: st.DrawFn) -> tuple[list[list[str]], Style, str]:
    """A table most of which can be trained on, how it is written, and a model.toml."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    kinds = ["number", *draw(st.lists(st.sampled_from(sorted(GOOD)), min_size=1, max_size=4))]
    words = draw(st.sampled_from(LABELS))
    header = [f"{kind}_{place}" for place, kind in enumerate(kinds)] + ["y"]
    rows = [
        [*(GOOD[kind](chance, i) for kind in kinds), words[i % len(words)]]
        for i in range(draw(st.integers(12, 80)))
    ]
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        row = chance.choice(rows)
        row[chance.randrange(len(row))] = draw(CELLS)
    return [header, *rows], draw(STYLES), draw(st.sampled_from(TOMLS))


def check_trained(rows: list[list[str]], style: Style, toml: str) -> str:
    """One drop; what it got. AssertionError where a label was merged or an answer differs."""
    try:
        made = _trained(write(rows, style), toml)
    except DatasetRejected as rejected:
        return rejected.code
    assert Card.from_json(made.card.to_json()) == made.card
    _check_labels(rows, made.card)
    model: Any = joblib.load(io.BytesIO(made.files["model.joblib"]))
    golden = made.card.golden
    if golden.instances:
        assert model.predict(golden.instances).tolist() == golden.predictions
    return "trained"


def _trained(data: bytes, toml: str) -> Trained:
    files = (File(_SOURCE, len(data)),)
    accept = {GATE_METADATA: "accept"}  # most of it is noise
    inputs = Inputs("made", _SOURCE, files, NAMES, "", accept, toml=toml)
    return train(inputs, lambda _: io.BytesIO(data))


def _check_labels(rows: list[list[str]], card: Card) -> None:
    """Every label that was written is a class with as many rows, or its rows were warned of."""
    if card.schema.classes is None:
        return
    written = Counter(row[-1].strip() for row in rows[1:] if any(map(str.strip, row)))
    written.pop("", None)
    warned = {warning["code"] for warning in card.warnings}
    found: dict[str, int] = card.metrics["classes"]
    assert set(card.schema.classes) == set(found)
    assert all(written[label] == count for label, count in found.items()), (written, found)
    assert "rare_class" in warned or set(written) == set(found), (written, found)
