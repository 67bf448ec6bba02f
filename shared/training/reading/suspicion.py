"""What is odd about features once they are typed: constants, the label in disguise."""

from __future__ import annotations

import numpy as np

from shared.training.dataset import CategoricalColumn, Column, Floats, NumericColumn
from shared.training.reading.typed import Input, Typed, is_gap, values_of
from shared.training.reading.verdict import Verdict, column_line

MIN_ROWS = 20
SAMPLE = 4_000
SUSPICIOUS = 0.99
_EXACT = 1 - 1e-12


def check(typed: Typed, verdict: Verdict) -> None:
    """Warn of constants and of features that say all alone; refuse the label itself.

    The rows must be in their canonical order, which is as good as shuffled.
    """
    for one in typed.inputs:
        if all(is_constant(column) for column in one.columns):
            verdict.warn(
                "constant_column",
                "has one value only and tells nothing.",
                None,
                one.name,
                mend=column_line(one.name, "drop"),
            )
        elif len(typed) >= MIN_ROWS:
            _check_leak(one, typed, verdict)


def is_constant(column: Column) -> bool:
    """Whether all values that are there are one."""
    if isinstance(column, CategoricalColumn):
        return len(column.categories) < 2
    return not np.fmin.reduce(column.values) < np.fmax.reduce(column.values)


def _check_leak(one: Input, typed: Typed, verdict: Verdict) -> None:
    column, target = one.columns[0], typed.target
    if _is_the_target(column, target):
        verdict.refuse(
            "leak",
            "each value stands for one value of the target and the other way round, so this is "
            "the target under another name. Drop the column.",
            column=one.name,
            mend=column_line(one.name, "drop"),
        )
    elif (score := alone(column, target)) > SUSPICIOUS:
        verdict.warn(
            "suspicious_feature",
            f"predicts the target nearly alone (score {score:.3f}): is it known when a prediction "
            "is asked for?",
            None,
            one.name,
            mend=column_line(one.name, "drop"),
        )


def _is_the_target(column: Column, target: Column) -> bool:
    if isinstance(target, NumericColumn):
        return isinstance(column, NumericColumn) and _is_scaled(column.values, target.values)
    classes = len(target.categories)
    head = slice(0, 1_000)
    values = values_of(column)
    if len(np.unique(values[head])) > classes or is_gap(column).any():
        return False
    kinds, places = np.unique(values, return_inverse=True)
    if len(kinds) != classes:
        return False
    pairs = np.unique(places.astype(np.int64) * classes + target.codes)
    return len(pairs) == classes


def _is_scaled(values: Floats, target: Floats) -> bool:
    """Whether the target is the feature times something plus something."""
    for rows in (slice(0, 1_000), slice(None)):
        x, y = values[rows], target[rows]
        if np.isnan(x).any():
            return False
        x, y = _standard(x), _standard(y)
        if not abs(float(x @ y)) / len(x) > _EXACT:
            return False
    return True


def _standard(values: Floats) -> Floats:
    scaled = values / (np.abs(values).max() or 1.0)
    spread = float(scaled.std())
    return np.asarray((scaled - scaled.mean()) / spread) if spread else scaled * 0


def alone(column: Column, target: Column) -> float:
    """How well one feature predicts held-out rows: balanced accuracy, or the share explained."""
    half = min(len(values_of(target)), SAMPLE) // 2
    near = _nearest(values_of(column)[:half], values_of(column)[half : 2 * half], column)
    found, right = values_of(target)[:half][near], values_of(target)[half : 2 * half]
    if isinstance(target, NumericColumn):
        spread = float(((right - right.mean()) ** 2).sum())
        return 1 - float(((found - right) ** 2).sum()) / spread if spread else 0.0
    totals = np.bincount(right)
    hits = np.bincount(right[found == right], minlength=len(totals))
    return float(np.mean(hits[totals > 0] / totals[totals > 0]))


def _nearest(known: np.ndarray, asked: np.ndarray, column: Column) -> np.ndarray:
    """For each asked value, the place of the nearest known one."""
    order = np.argsort(known, kind="stable")
    ordered = known[order]
    place = np.searchsorted(ordered, asked)
    if isinstance(column, NumericColumn):
        place = place.clip(1, len(ordered) - 1)
        place = place - (asked - ordered[place - 1] < ordered[place] - asked)
    return np.asarray(order[place.clip(0, len(ordered) - 1)])
