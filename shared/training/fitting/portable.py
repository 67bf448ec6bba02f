"""The portable copy of a model, as ONNX: made only where it answers as the original does."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.core.schema import Feature, Schema
from shared.training.dataset import CategoricalColumn, Dataset, Floats, NumericColumn, Rows
from shared.training.fitting.catalogue import Choice
from shared.training.fitting.encoder import numeric_matrix
from shared.training.fitting.estimator import Fitted, fit

TOLERANCE = 1e-6
"""Largest difference of a probability, and largest relative difference of a number."""
MAX_BYTES = 500_000_000
AT_ONCE = 4_096
"""Rows asked of the copy in one call: a kernel takes rows x support vectors of memory."""


@dataclass(frozen=True)
class Portable:
    """data: the ONNX file, or None. outcome: for the card: {"written": bool, "why": text, ...}."""

    data: bytes | None
    outcome: dict[str, Any]


def convert(fitted: Fitted, dataset: Dataset, rows: Rows | None) -> Portable:
    """The copy, where labels on all given rows are equal and numbers within TOLERANCE."""
    runtime = _runtime()
    if runtime is None:
        return _without("ONNX Runtime is not installed here (there is none for Intel Macs)")
    from shared.training.fitting.graph.builder import NotPortable
    from shared.training.fitting.graph.model import to_onnx

    try:
        data = to_onnx(fitted)
    except NotPortable as error:
        return _without(str(error))
    if len(data) > MAX_BYTES:
        return _without(f"the copy would take {len(data):,} bytes, more than {MAX_BYTES:,}")
    taken = np.arange(len(dataset)) if rows is None else rows
    return _compared(runtime, data, fitted, dataset, taken)


def _runtime() -> Any:
    """ONNX Runtime, or None. It reports to its maker and writes into the home folder unless told
    before its import not to; nothing of ours leaves the machine."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        return importlib.import_module("onnxruntime")
    except ImportError:
        return None


def _without(why: str, **facts: Any) -> Portable:
    return Portable(None, {"written": False, "why": why, **facts})


def _compared(runtime: Any, data: bytes, fitted: Fitted, dataset: Dataset, rows: Rows) -> Portable:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        answers = [
            session.run(None, feed(fitted, dataset, rows[start : start + AT_ONCE]))
            for start in range(0, len(rows), AT_ONCE)
        ]
    except Exception as error:  # onnxruntime raises classes of its own, derived from Exception
        return _without(f"ONNX Runtime refuses the copy: {str(error)[:300]}")
    labels, largest = _differences(
        [*map(np.concatenate, zip(*answers, strict=True))], fitted, dataset, rows
    )
    facts = {"rows": len(rows), "largest_difference": float(f"{largest:.3g}")}
    if labels:
        return _without(f"{labels:,} of {len(rows):,} labels differ", **facts)
    if not largest <= TOLERANCE:
        return _without(f"a number differs by {largest:.3g}, more than {TOLERANCE:g}", **facts)
    return Portable(data, {"written": True, "why": _equal(fitted), **facts})


def _equal(fitted: Fitted) -> str:
    what = "all numbers" if fitted.classes is None else "all labels equal and all probabilities"
    return f"{what} within {TOLERANCE:g} of scikit-learn's"


def _differences(
    answers: list[Any], fitted: Fitted, dataset: Dataset, rows: Rows
) -> tuple[int, float]:
    """How many labels differ, and the largest difference of a number."""
    expected = fitted.predict(dataset, rows)
    if fitted.classes is None:
        scale = np.maximum(1.0, np.abs(expected))
        return 0, _largest(np.abs(answers[0] - expected) / scale)
    labels = int((answers[0] != np.array(fitted.classes, dtype=object)[expected]).sum())
    chances = fitted.probabilities(dataset, rows)
    if chances is None or len(answers) == 1:
        return labels, 0.0
    return labels, _largest(np.abs(answers[1] - chances[:, fitted.codes]))


def _largest(differences: Floats) -> float:
    """NaN if any is, so that it passes no comparison."""
    return float(np.max(differences, initial=0.0))


def feed(fitted: Fitted, dataset: Dataset, rows: Rows) -> dict[str, Any]:
    """What the copy takes: numbers as doubles (NaN for a gap), text as strings ("" for a gap)."""
    encoder = fitted.encoder
    fed: dict[str, Any] = {}
    if encoder.numbers:
        fed["numbers"] = numeric_matrix(dataset, encoder.numbers, rows)
    if encoder.texts:
        fed["texts"] = np.column_stack([_text(dataset, at, rows) for at in encoder.texts])
    return fed


def _text(dataset: Dataset, at: int, rows: Rows) -> Any:
    column = dataset.columns[at]
    assert isinstance(column, CategoricalColumn)
    return np.array([*column.categories, ""], dtype=object)[column.codes[rows]]


def warm() -> None:
    """Import what `convert` needs and convert once, so that a first drop finds it done."""
    values: Floats = np.arange(12, dtype=np.float64)
    columns = (NumericColumn(values), NumericColumn(-values))
    schema = Schema((Feature("a"), Feature("b")), "y", ("no", "yes"))
    dataset = Dataset(schema, columns, np.arange(12, dtype=np.int32) % 2)
    convert(fit(dataset, None, Choice("SVC")), dataset, None)
