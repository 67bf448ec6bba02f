"""Golden requests: made-up instances that prove a server to answer as the fitted model does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shared.core.card import Golden
from shared.core.schema import DATE_PARTS
from shared.training.dataset import CategoricalColumn, Column, Dataset, NumericColumn, Rows
from shared.training.fitting.estimator import Fitted

QUANTILES = (0.2, 0.4, 0.6, 0.8)
MOST = 16
LOOKED_AT = 50_000
"""Rows that quantiles are taken from; more would not make better instances."""
_NUDGE = 1e-3
_WOBBLE = 1e-6

Instance = list[Any]


def golden(fitted: Fitted, dataset: Dataset) -> Golden:
    """Instances from quantiles and frequent categories, over all rows and within each class.

    Never a row of the data, never a rare category; never so near a border between classes that
    rounding could move it.
    """
    made = _off_the_data(_made(dataset), dataset)
    if not made:
        return Golden([], [])
    answers = _answers(fitted, made)
    steady = [
        _finite(answer) and (fitted.classes is None or answer == up == down)
        for answer, up, down in zip(
            answers,
            _answers(fitted, _wobbled(made, 1 + _WOBBLE)),
            _answers(fitted, _wobbled(made, 1 - _WOBBLE)),
            strict=True,
        )
    ]
    kept = [i for i, good in enumerate(steady) if good]
    return Golden([made[i] for i in kept], [answers[i] for i in kept])


def _answers(fitted: Fitted, instances: list[Instance]) -> list[Any]:
    with np.errstate(all="ignore"):
        return list(fitted.estimator.predict(instances).tolist())


def _finite(answer: Any) -> bool:
    return not isinstance(answer, float) or math.isfinite(answer)


def _wobbled(made: list[Instance], factor: float) -> list[Instance]:
    return [[c * factor if isinstance(c, float) else c for c in row] for row in made]


def _made(dataset: Dataset) -> list[Instance]:
    rows = np.arange(len(dataset))[:: -(-len(dataset) // LOOKED_AT)]
    columns = [_cells(dataset, at, rows) for at in range(len(dataset.columns))]
    made = [list(row) for row in zip(*columns, strict=True)]
    nullable = _nullable(dataset)
    if any(nullable):
        made.append([None if gap else c for gap, c in zip(nullable, made[0], strict=True)])
    return made


def _cells(dataset: Dataset, at: int, rows: Rows) -> Instance:
    """What input `at` is in each instance."""
    column = dataset.columns[at]
    if isinstance(column, CategoricalColumn):
        return _frequent(dataset, at, column, rows)
    values = column.values[rows]
    known = values[~np.isnan(values)]
    if not len(known):
        known = np.zeros(1)
    found = [float(value) for value in np.quantile(known, QUANTILES)]
    found += [_median(values[part], found[1]) for part in _classes(dataset, rows)]
    if _whole(dataset)[at]:
        return [float(round(value)) for value in found]
    spread = float(known.max() - known.min())
    hair = (spread if 0 < spread < math.inf else 1.0) * _NUDGE
    return [float(f"{value + hair:.6g}") for value in found]


def _classes(dataset: Dataset, rows: Rows) -> list[Rows]:
    """Positions in `rows` of each class, as many classes as there is room for."""
    if not dataset.is_classification:
        return []
    target = dataset.target[rows]
    return [np.flatnonzero(target == code) for code in np.unique(target)[: MOST - len(QUANTILES)]]


def _median(values: Any, otherwise: float) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else otherwise


def _frequent(dataset: Dataset, at: int, column: CategoricalColumn, rows: Rows) -> Instance:
    """Frequent categories in turn, and within each class its most frequent one."""
    shown = set(dataset.schema.features[_feature_of(dataset)[at]].categories)
    codes = [code for code, name in enumerate(column.categories) if name in shown]
    if not codes:
        return [None] * (len(QUANTILES) + len(_classes(dataset, rows)))
    taken = column.codes[rows]
    turn = [codes[i % len(codes)] for i in range(len(QUANTILES))]
    for part in _classes(dataset, rows):
        counts = np.bincount(taken[part][taken[part] >= 0], minlength=len(column.categories))
        turn.append(max(codes, key=lambda code, counts=counts: int(counts[code])))  # type: ignore[misc]
    return [column.categories[code] for code in turn]


def _feature_of(dataset: Dataset) -> list[int]:
    """The feature that each input belongs to."""
    return [
        index
        for index, feature in enumerate(dataset.schema.features)
        for _ in (DATE_PARTS if feature.kind == "date" else ("",))
    ]


def _whole(dataset: Dataset) -> list[bool]:
    """Which inputs are whole by nature: truth values, months, weekdays."""
    made: list[bool] = []
    for feature in dataset.schema.features:
        made += [False, True, True] if feature.kind == "date" else [feature.kind == "boolean"]
    return made


def _nullable(dataset: Dataset) -> list[bool]:
    return [dataset.schema.features[index].nullable for index in _feature_of(dataset)]


def _off_the_data(made: list[Instance], dataset: Dataset) -> list[Instance]:
    """Those that are no row of the data, each once."""
    kept: list[Instance] = []
    for instance in made:
        if instance not in kept and not _is_a_row(instance, dataset):
            kept.append(instance)
    return kept


def _is_a_row(instance: Instance, dataset: Dataset) -> bool:
    same = np.ones(len(dataset), dtype=bool)
    for cell, column in zip(instance, dataset.columns, strict=True):
        same &= _equal(cell, column)
        if not same.any():
            return False
    return True


def _equal(cell: Any, column: Column) -> Any:
    if isinstance(column, NumericColumn):
        return np.isnan(column.values) if cell is None else column.values == cell
    code = -1 if cell is None else column.categories.index(cell)
    return column.codes == code
