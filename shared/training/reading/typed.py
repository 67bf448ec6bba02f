"""Typed columns of one file, or of several together, before the rules that look at all rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from shared.training.dataset import (
    CategoricalColumn,
    Codes,
    Column,
    Floats,
    Mask,
    NumericColumn,
    Rows,
)

_BLOCK = 1 << 16
"""Codes at a time, which fit the processor's cache."""


@dataclass(frozen=True)
class Input:
    """A feature as it is read: its column, or three for a date."""

    name: str
    kind: str
    nullable: bool
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Typed:
    """Columns of equal length. target: codes (-1: no label) or floats (NaN: no value)."""

    inputs: tuple[Input, ...]
    target: CategoricalColumn | NumericColumn
    order_by: Floats | None = None
    group: CategoricalColumn | None = None
    left_out: tuple[str, ...] = ()
    rows_by_file: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(values_of(self.target))

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every input column in positional order."""
        return tuple(column for one in self.inputs for column in one.columns)


def values_of(column: Column) -> Floats | Codes:
    """A column's numbers or codes."""
    return column.values if isinstance(column, NumericColumn) else column.codes


def is_gap(column: Column) -> Mask:
    """Where a column has gaps."""
    gaps: Mask = np.isnan(column.values) if isinstance(column, NumericColumn) else column.codes < 0
    return gaps


def category(codes: Codes, words: Sequence[str | None], counts: Sequence[int]) -> CategoricalColumn:
    """Codes into words as codes into the sorted different ones that occur; None is a gap.

    Words that are equal become one. counts: the rows of each word. The codes given are changed
    where they are: they must not be used any more.
    """
    used = {word for word, n in zip(words, counts, strict=True) if word is not None and n}
    categories = tuple(sorted(used))
    places = {word: place for place, word in enumerate(categories)}
    table = np.array([-1 if w is None else places.get(w, -1) for w in words], np.int32)
    for start in range(0, len(codes), _BLOCK):
        part = slice(start, start + _BLOCK)
        np.take(table, codes[part], out=codes[part], mode="clip")
    return CategoricalColumn(codes, categories)


def taken(column: Column, rows: Rows | Mask) -> Column:
    """Some rows of a column; categories that no longer occur are gone."""
    if isinstance(column, NumericColumn):
        return NumericColumn(column.values[rows])
    return _present(column.codes[rows], column.categories)


def moved(column: Column, rows: Rows) -> Column:
    """`taken`, into the column's own memory: the column given must not be used any more."""
    values = values_of(column)
    np.copyto(values[: len(rows)], np.take(values, rows))
    if isinstance(column, NumericColumn):
        return NumericColumn(column.values[: len(rows)])
    return _present(column.codes[: len(rows)], column.categories)


def _present(codes: Codes, categories: tuple[str, ...]) -> CategoricalColumn:
    present = np.bincount(codes + 1, minlength=len(categories) + 1)[1:] > 0
    if present.all():
        return CategoricalColumn(codes, categories)
    table = np.append(np.cumsum(present, dtype=np.int32) - 1, np.int32(-1))
    kept = tuple(c for c, there in zip(categories, present, strict=True) if there)
    return CategoricalColumn(table[codes].astype(np.int32), kept)
