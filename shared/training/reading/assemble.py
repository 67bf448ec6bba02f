"""From typed columns to a Dataset: rows in their canonical order, and the rules over all rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import numpy as np

from shared.core.configuration import Limits
from shared.core.schema import Feature, Schema
from shared.training.dataset import CategoricalColumn, Dataset, Floats, NumericColumn, Rows
from shared.training.reading import classes, suspicion
from shared.training.reading.merge import named_columns, rest_hashes
from shared.training.reading.order import Hashes, canonical, row_hashes
from shared.training.reading.typed import Input, Typed, moved
from shared.training.reading.verdict import Verdict, counted

SHOWN_CATEGORIES = 50
_SHOWN_FROM = 5
_SHOWN_SHARE = 0.001


def assemble(typed: Typed, target: str, limits: Limits, verdict: Verdict) -> Dataset:
    """The Dataset. Raises DatasetRejected with all that the verdict holds by then."""
    keep = classes.check(typed.target, target, limits, verdict)
    verdict.settle()
    typed, features = _ordered(typed, np.flatnonzero(keep))
    _tell_twins(features, typed, verdict)
    suspicion.check(typed, verdict)
    verdict.settle()
    return Dataset(
        schema=_schema(typed, target),
        columns=typed.columns,
        target=_values(typed),
        warnings=tuple(verdict.warnings),
        order_by=typed.order_by,
        group=None if typed.group is None else typed.group.codes,
        group_names=() if typed.group is None else typed.group.categories,
        rows_by_file=typed.rows_by_file,
    )


def _ordered(typed: Typed, keep: Rows) -> tuple[Typed, Hashes]:
    """The rows that are kept, in canonical order, and the hashes of their features."""
    features = row_hashes(named_columns(typed), len(typed))[keep]
    rows = keep[canonical(features, rest_hashes(typed)[keep])]
    inputs = [_take_input(one, rows) for one in typed.inputs]
    group = None if typed.group is None else moved(typed.group, rows)
    assert not isinstance(group, NumericColumn)
    features.sort()
    return (
        Typed(
            tuple(inputs),
            moved(typed.target, rows),
            None if typed.order_by is None else typed.order_by[rows],
            group,
            typed.left_out,
            typed.rows_by_file,
        ),
        features,
    )


def _take_input(one: Input, rows: Rows) -> Input:
    return Input(one.name, one.kind, one.nullable, tuple(moved(c, rows) for c in one.columns))


def _values(typed: Typed) -> np.ndarray:
    target = typed.target
    return target.values if isinstance(target, NumericColumn) else target.codes


def _tell_twins(features: Hashes, typed: Typed, verdict: Verdict) -> None:
    """Warn of repeated rows, and of equal features with different labels."""
    values = _values(typed)
    twins = features[1:] == features[:-1]
    same = values[1:] == values[:-1]
    if repeated := int(np.count_nonzero(twins & same)):
        verdict.warn(
            "duplicate_rows",
            f"{counted(repeated, 'row repeats', 'rows repeat')} another one exactly.",
        )
    what = "values" if isinstance(typed.target, NumericColumn) else "labels"
    if conflicts := int(np.count_nonzero(twins & ~same)):
        verdict.warn(
            "conflicting_labels",
            f"{counted(conflicts, 'time')} equal features have different {what}; "
            "no model can learn both.",
        )


def _schema(typed: Typed, target: str) -> Schema:
    features = tuple(_feature(one, len(typed)) for one in typed.inputs)
    labels = typed.target.categories if isinstance(typed.target, CategoricalColumn) else None
    return Schema(features, target, labels, typed.left_out)


def _feature(one: Input, rows: int) -> Feature:
    """The feature as it is shown: ranges rounded outward, frequent categories only.

    An extreme, like a rare category, is one person's value, and the card is shown.
    """
    column = one.columns[0]
    if isinstance(column, CategoricalColumn):
        return Feature(
            one.name, one.kind, categories=_frequent(column, rows), nullable=one.nullable
        )
    low, high = _range(column.values) if one.kind == "numeric" else (None, None)
    return Feature(one.name, one.kind, low, high, nullable=one.nullable)


def _frequent(column: CategoricalColumn, rows: int) -> tuple[str, ...]:
    codes, counts = np.unique(column.codes[column.codes >= 0], return_counts=True)
    least = max(_SHOWN_FROM, _SHOWN_SHARE * rows)
    common = Counter({column.categories[c]: n for c, n in zip(codes, counts, strict=True)})
    return tuple(sorted(name for name, n in common.most_common(SHOWN_CATEGORIES) if n >= least))


def _range(values: Floats) -> tuple[float | None, float | None]:
    low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    if math.isnan(low):
        return None, None
    width = high - low
    if width > 0 and math.isfinite(width):
        digits = 1 - math.floor(math.log10(width))
        return _outward(low, digits, math.floor), _outward(high, digits, math.ceil)
    return low, high


def _outward(value: float, digits: int, toward: Callable[[float], int]) -> float:
    near = round(value, digits)
    if near == value or not -300 < digits < 300:
        return value
    step = 10.0**-digits
    return float(round(toward(value / step) * step, digits))
