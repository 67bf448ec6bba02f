"""Small made-up datasets: numbers, text, gaps; classes or numbers to learn."""

from __future__ import annotations

import numpy as np

from shared.core.schema import Feature, Schema
from shared.training.dataset import CategoricalColumn, Column, Dataset, Floats, NumericColumn, Rows
from tests.workflows.world import IRIS

COLOURS = ("blue", "green", "red", "white")


def made(
    rows: int = 200,
    *,
    regression: bool = False,
    text: bool = True,
    gaps: bool = True,
    classes: int = 2,
) -> Dataset:
    """Two numbers and, between them, a colour; each tells something about the target."""
    chance = np.random.default_rng(7)
    numbers = chance.normal(size=(rows, 2))
    codes = chance.integers(0, len(COLOURS), rows).astype(np.int32)
    signal = numbers[:, 0] + numbers[:, 1] ** 2 + (codes % 2 if text else 0)
    if gaps:
        numbers[::7, 0] = np.nan
        codes[::11] = -1
    features = [Feature("width", nullable=gaps), Feature("depth")]
    columns: list[Column] = [NumericColumn(numbers[:, 0]), NumericColumn(numbers[:, 1])]
    if text:
        features.insert(1, Feature("colour", "categorical", categories=COLOURS, nullable=gaps))
        columns.insert(1, CategoricalColumn(codes, COLOURS))
    names = tuple("abcdefgh"[:classes])
    edges = np.quantile(signal, np.linspace(0, 1, classes + 1)[1:-1])
    target = signal if regression else np.searchsorted(edges, signal).astype(np.int32)
    schema = Schema(tuple(features), "y", None if regression else names)
    return Dataset(schema, tuple(columns), target)


def iris() -> Dataset:
    """The example, rows in their order by bytes."""
    lines = [line.split(",") for line in sorted(IRIS.decode().split()[1:])]
    classes = sorted({line[4] for line in lines})
    columns = tuple(NumericColumn(np.array([float(line[i]) for line in lines])) for i in range(4))
    features = tuple(Feature(name) for name in IRIS.decode().split()[0].split(",")[:4])
    codes = np.array([classes.index(line[4]) for line in lines], dtype=np.int32)
    return Dataset(Schema(features, "species", tuple(classes)), columns, codes)


def floats(dataset: Dataset, rows: Rows | None = None) -> Floats:
    """The matrix (rows, inputs) of a dataset whose inputs are all numbers, NaN for gaps."""
    taken = [column.values for column in dataset.columns if isinstance(column, NumericColumn)]
    matrix: Floats = np.column_stack([v if rows is None else v[rows] for v in taken])
    return matrix
