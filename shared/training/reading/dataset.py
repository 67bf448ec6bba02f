"""A checked CSV as arrays: the door of the check, from bytes to a Dataset or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.core.errors import Finding
from shared.core.schema import Schema
from shared.training.reading import feature, header, label, target
from shared.training.reading.column import Column
from shared.training.reading.encoding import decode
from shared.training.reading.number import Numbers
from shared.training.reading.table import Table
from shared.training.reading.verdict import Verdict

MAX_ROWS = 30_000
"""SVC's time grows with the square of the rows: 27 s at 30,000, minutes beyond."""


@dataclass(frozen=True)
class Dataset:
    """What a model is fitted on. values: (rows, features), NaN for gaps; labels: text, one a row.

    The rows are in an order of their own, so that the same rows in any order give the same model.
    """

    values: Numbers
    labels: np.ndarray
    schema: Schema
    warnings: tuple[Finding, ...]

    @property
    def has_gaps(self) -> bool:
        """Whether any feature has one."""
        return any(feature.nullable for feature in self.schema.features)


def read(data: bytes, wanted_target: str, target_names: Sequence[str]) -> Dataset:
    """Check the bytes of a CSV and take them apart. Raises DatasetRejected with all findings."""
    verdict = Verdict()
    table = Table(decode(data))
    named = header.check(table.names, table.header_line, verdict)
    position = target.choose(table.names, wanted_target, target_names, verdict) if named else None
    columns, cells, lines = _take(table, position, verdict)
    if not lines and not verdict.refused:
        verdict.refuse("no_rows", "there is a header and no row below it.", table.header_line)
    if position is None or not lines:
        verdict.settle()
        raise AssertionError("a table without a target or rows was not refused")
    keep = label.check(cells, lines, table.names[position], verdict)
    return _assemble(feature.usable(columns, verdict), cells, keep, table.names[position], verdict)


def _take(
    table: Table, position: int | None, verdict: Verdict
) -> tuple[list[Column], list[str], list[int]]:
    """Feature columns, the target's cells, line numbers. Without a target only the shape counts."""
    columns = {i: Column(name, i) for i, name in enumerate(table.names) if i != position}
    cells: list[str] = []
    lines: list[int] = []
    for block in table.blocks(verdict):
        lines += block.lines
        if position is None:
            continue
        cells += block.columns[position]
        for index, column in columns.items():
            column.add(block.columns[index], block.lines)
    return list(columns.values()), cells, lines


def _assemble(
    columns: list[Column], cells: list[str], keep: list[bool], name: str, verdict: Verdict
) -> Dataset:
    rows = sum(keep)
    if rows > MAX_ROWS:
        verdict.refuse(
            "too_many_rows",
            f"{rows:,} rows; {MAX_ROWS:,} is the most that the only estimator of this version can "
            "train on in time. Drop a sample.",
        )
    verdict.settle()
    values = np.column_stack([column.values for column in columns])[keep]
    text = np.array([cell.strip() for cell, kept in zip(cells, keep, strict=True) if kept])
    classes, codes = np.unique(text, return_inverse=True)
    order = in_order(values, codes)
    values, codes = values[order], codes[order]
    names = [column.name for column in columns]
    feature.check_matrix(names, values, codes, verdict)
    verdict.settle()
    features = tuple(feature.describe(n, values[:, i]) for i, n in enumerate(names))
    schema = Schema(features, name, tuple(map(str, classes)))
    return Dataset(values, classes[codes], schema, tuple(verdict.warnings))


def in_order(values: Numbers, codes: np.ndarray) -> np.ndarray:
    """The order of the rows by their bytes, features first: equal rows become neighbours."""
    rows = np.ascontiguousarray(np.column_stack([values + 0.0, codes]))
    keys = rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize))).ravel()
    order: np.ndarray = np.argsort(keys, kind="stable")
    return order
