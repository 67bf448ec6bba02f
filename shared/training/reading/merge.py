"""Several files as one: rows that are in more than one of them count once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.training.dataset import CategoricalColumn, Column, Mask, NumericColumn
from shared.training.reading.order import Hashes, row_hashes
from shared.training.reading.typed import Input, Typed, taken, values_of


def merged(files: Sequence[Typed]) -> Typed:
    """The rows of all files, the first one's whole.

    A row that a file holds twice counts twice; of a row that several files hold, the file with
    the most counts. So an export that repeats last month's rows adds only the new ones.
    """
    first = files[0]
    if len(files) == 1:
        return first
    keep = _new_rows(files)
    parts = [_rows(one, mask) for one, mask in zip(files, keep, strict=True)]
    rows_by_file = {
        name: int(np.count_nonzero(mask))
        for one, mask in zip(files, keep, strict=True)
        for name in one.rows_by_file
    }
    return Typed(
        tuple(_joined_input([part.inputs[i] for part in parts]) for i in range(len(first.inputs))),
        _joined([part.target for part in parts]),
        None if first.order_by is None else np.concatenate([p.order_by for p in parts]),
        None if first.group is None else _categorical([p.group for p in parts]),
        first.left_out,
        rows_by_file,
    )


def named_columns(typed: Typed) -> list[tuple[str, Column]]:
    """Every input column with a name of its own."""
    return [
        (f"{one.name}:{place}", column)
        for one in typed.inputs
        for place, column in enumerate(one.columns)
    ]


def rest_hashes(typed: Typed) -> Hashes:
    """Hashes of what a row has besides its features: target, time, group."""
    columns: list[tuple[str, Column]] = [("target", typed.target)]
    if typed.order_by is not None:
        columns.append(("time", NumericColumn(typed.order_by)))
    if typed.group is not None:
        columns.append(("group", typed.group))
    return row_hashes(columns, len(typed))


def _new_rows(files: Sequence[Typed]) -> list[Mask]:
    """For each file, the rows that no file before it has as often."""
    seen = np.empty(0, np.uint64)
    masks: list[Mask] = []
    for one in files:
        keys = _numbered(row_hashes(named_columns(one), len(one)) * np.uint64(3) + rest_hashes(one))
        mask: Mask = ~np.isin(keys, seen)
        masks.append(mask)
        seen = np.union1d(seen, keys)
    return masks


def _numbered(hashes: Hashes) -> Hashes:
    """Hashes that tell the first of some equal rows from the second."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    first = np.append(True, ordered[1:] != ordered[:-1])
    starts = np.maximum.accumulate(np.where(first, np.arange(len(ordered)), 0))
    times = np.empty(len(hashes), np.uint64)
    times[order] = (np.arange(len(ordered)) - starts).astype(np.uint64)
    return np.asarray(hashes + times * np.uint64(0x9E3779B97F4A7C15))


def _rows(one: Typed, mask: Mask) -> Typed:
    inputs = tuple(
        Input(i.name, i.kind, i.nullable, tuple(taken(c, mask) for c in i.columns))
        for i in one.inputs
    )
    return Typed(
        inputs,
        taken(one.target, mask),
        None if one.order_by is None else one.order_by[mask],
        None if one.group is None else _categorical([taken(one.group, mask)]),
        one.left_out,
        one.rows_by_file,
    )


def _joined_input(parts: Sequence[Input]) -> Input:
    nullable = any(part.nullable for part in parts)
    columns = tuple(
        _joined([part.columns[i] for part in parts]) for i in range(len(parts[0].columns))
    )
    return Input(parts[0].name, parts[0].kind, nullable, columns)


def _joined(parts: Sequence[Column]) -> Column:
    if isinstance(parts[0], NumericColumn):
        return NumericColumn(np.concatenate([values_of(part) for part in parts]))
    return _categorical(parts)


def _categorical(parts: Sequence[Column | None]) -> CategoricalColumn:
    """Codes into the categories of all parts together."""
    columns = [part for part in parts if isinstance(part, CategoricalColumn)]
    categories = tuple(sorted({name for part in columns for name in part.categories}))
    places = {name: place for place, name in enumerate(categories)}
    codes = [
        np.array([*(places[name] for name in part.categories), -1], np.int32)[part.codes]
        for part in columns
    ]
    return CategoricalColumn(np.concatenate(codes), categories)
