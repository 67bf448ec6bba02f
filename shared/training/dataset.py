"""What models are learnt from: typed columns, in the order of the model's inputs.

The reading side makes it, the fitting and judging sides take it; none of them knows the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.core.errors import Finding
from shared.core.schema import Schema

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class NumericColumn:
    """One model input that is a number. values: float64, NaN for gaps, never infinite."""

    values: Floats


@dataclass(frozen=True)
class CategoricalColumn:
    """One model input that is text. codes: index into categories, -1 for gaps.

    categories: all that occur, as text, in sorted order. (The schema that is shown keeps the
    frequent ones only.)
    """

    codes: Codes
    categories: tuple[str, ...]


Column = NumericColumn | CategoricalColumn


@dataclass(frozen=True)
class Dataset:
    """Rows to learn from, in a canonical order, so that shuffling a CSV changes nothing.

    columns: one for each of `schema.inputs` (a date gives several). target: codes into
    `schema.classes` for classification, float64 for regression. order_by, group: the split
    column's values where `model.toml` asks for a split by time (float64) or by group (codes into
    group_names, which a later drop's groups are known by).
    rows_by_file: how many rows each file gave after identical ones were counted once.
    """

    schema: Schema
    columns: tuple[Column, ...]
    target: Codes | Floats
    warnings: tuple[Finding, ...] = ()
    order_by: Floats | None = None
    group: Codes | None = None
    group_names: tuple[str, ...] = ()
    rows_by_file: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.target)

    @property
    def is_classification(self) -> bool:
        """Whether the target is a class."""
        return self.schema.classes is not None

    def instances(self, rows: Rows) -> list[list[Any]]:
        """Some rows as a caller would send them to the plain estimator: numbers, text, None."""
        cells = [_cells(column, rows) for column in self.columns]
        return [list(row) for row in zip(*cells, strict=True)]


def _cells(column: Column, rows: Rows) -> list[Any]:
    if isinstance(column, NumericColumn):
        return [None if np.isnan(value) else float(value) for value in column.values[rows]]
    return [None if code < 0 else column.categories[code] for code in column.codes[rows]]
