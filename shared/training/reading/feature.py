"""Which columns become features, and what is odd about them: ids, constants, leaks, twins."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np

from shared.core.schema import Feature
from shared.training.reading.column import Column
from shared.training.reading.number import Numbers
from shared.training.reading.verdict import Verdict

MIN_ROWS_FOR_ID = 20
MIN_ROWS_FOR_LEAK = 20
ID_DENSITY = 0.5
_ID_NAME = re.compile(r"(?:.*[_ .-])?(?:id|idx|index|row|rownum|row_?number|unnamed: ?0)")


def usable(columns: list[Column], verdict: Verdict) -> list[Column]:
    """The columns to learn from; row numbers and empty columns are left out and said."""
    kept = []
    for column in columns:
        if column.empty:
            verdict.warn("empty_column", "no cell has a value; left out", None, column.shown)
        elif is_id(column.name, column.values):
            verdict.warn(
                "id_column",
                "looks like a row number or an identifier; left out of the features",
                None,
                column.shown,
            )
        elif not column.name:
            verdict.refuse("unnamed_column", "give the column a name.", None, column.shown)
        else:
            kept.append(column)
            column.check(verdict)
    if not kept and not verdict.refused:
        verdict.refuse(
            "no_features",
            "no column is left to learn from: row numbers and empty columns do not count.",
        )
    return kept


def is_id(name: str, values: Numbers) -> bool:
    """Different whole numbers in every row that fill their range, or that an id's name announces.

    It does not matter how the rows are sorted: a file sorted by class would make a perfect leak.
    """
    rows = len(values)
    if rows < 2 or np.isnan(values).any() or (values % 1 != 0).any():
        return False
    different = len(np.unique(values)) / rows
    if _ID_NAME.fullmatch(name.casefold()) or not name:
        return different > 0.95
    span = float(values.max() - values.min()) + 1
    return different == 1 and rows >= MIN_ROWS_FOR_ID and rows / span >= ID_DENSITY


def check_matrix(names: list[str], values: Numbers, codes: np.ndarray, verdict: Verdict) -> None:
    """Warn of constants, twins and contradictions; refuse a feature that is the label itself.

    values and codes (of the classes) must be sorted by row, see `dataset.in_order`.
    """
    for index, name in enumerate(names):
        column = values[:, index]
        if np.nanmin(column) == np.nanmax(column):
            verdict.warn("constant_column", "has one value only and tells nothing", None, name)
        elif len(codes) >= MIN_ROWS_FOR_LEAK and _is_the_label(column, codes):
            verdict.refuse(
                "leak",
                "each value stands for one class and each class for one value, so this is the "
                "label under another name. Drop the column.",
                column=name,
            )
    twins = _same(values[1:], values[:-1])
    same_label = codes[1:] == codes[:-1]
    if repeated := int(np.count_nonzero(twins & same_label)):
        verdict.warn("duplicate_rows", f"{repeated} rows repeat another one exactly")
    if contradictions := int(np.count_nonzero(twins & ~same_label)):
        verdict.warn(
            "conflicting_labels",
            f"{contradictions} times equal features have different labels; no model can learn both",
        )


def describe(name: str, values: Numbers) -> Feature:
    """The feature with its training range, rounded outward to two digits of its width.

    Rounded, because an extreme is one person's value and the card is shown.
    """
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    width = high - low
    if width > 0 and math.isfinite(width):
        digits = 1 - math.floor(math.log10(width))
        low, high = _outward(low, digits, math.floor), _outward(high, digits, math.ceil)
    return Feature(name, "numeric", low, high, nullable=bool(np.isnan(values).any()))


def _outward(value: float, digits: int, toward: Callable[[float], int]) -> float:
    near = round(value, digits)
    if near == value or not -300 < digits < 300:
        return value
    step = 10.0**-digits
    return float(round(toward(value / step) * step, digits))


def _is_the_label(column: Numbers, codes: np.ndarray) -> bool:
    kinds = np.unique(column)
    if np.isnan(column).any() or len(kinds) != len(np.unique(codes)):
        return False
    pairs = np.unique(np.stack([column, codes.astype(np.float64)]), axis=1)
    return bool(pairs.shape[1] == len(kinds))


def _same(some: Numbers, others: Numbers) -> np.ndarray:
    equal: np.ndarray = ((some == others) | (np.isnan(some) & np.isnan(others))).all(axis=1)
    return equal
