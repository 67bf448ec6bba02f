"""What data looks like, in so few words that no row and no rare value can be read from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.training.dataset import CategoricalColumn, Codes, Column, Dataset, Floats, Rows

BINS = 10
ROWS_PER_BIN = 10
FEWEST = 5
"""Counts below it are told as 0, and a category with fewer rows is not named."""

MOST_CATEGORIES = 30
MOST_ROWS = 100_000
"""A regular sample of the dataset's own order is enough beyond."""

_STEPS = 1_000


def profile(dataset: Dataset) -> dict[str, Any]:
    """Rows, and for each input and the target its bins or frequent categories with counts."""
    rows = sample(dataset)
    return {
        "rows": len(rows),
        "inputs": {
            name: _column(column, rows)
            for name, column in zip(dataset.schema.inputs, dataset.columns, strict=True)
        },
        "target": _target(dataset, rows),
    }


def sample(dataset: Dataset) -> Rows:
    """Every row, or every second, third ... one of very many."""
    return np.arange(0, len(dataset), max(1, -(-len(dataset) // MOST_ROWS)))


def binned(values: Floats, edges: list[float]) -> list[int]:
    """How many values lie up to each edge, and above the last; the gaps at the end."""
    gaps = np.isnan(values)
    places = np.searchsorted(np.asarray(edges), values[~gaps], side="left")
    counts = np.bincount(places, minlength=len(edges) + 1)
    return [*map(int, counts), int(gaps.sum())]


def named(codes: Codes, categories: tuple[str, ...], names: list[str]) -> list[int]:
    """How many rows each name has, all other names together, and the gaps at the end."""
    counts = np.bincount(codes[codes >= 0], minlength=len(categories))
    of_name = dict(zip(categories, counts.tolist(), strict=False))
    of_names = [int(of_name.get(name, 0)) for name in names]
    return [*of_names, int(counts.sum()) - sum(of_names), int((codes < 0).sum())]


def _column(column: Column, rows: Rows) -> dict[str, Any]:
    if isinstance(column, CategoricalColumn):
        return _names(column.codes[rows], column.categories)
    return _numbers(column.values[rows])


def _target(dataset: Dataset, rows: Rows) -> dict[str, Any]:
    if dataset.schema.classes is None:
        return _numbers(dataset.target[rows].astype(np.float64))
    return _names(dataset.target[rows].astype(np.int32), dataset.schema.classes)


def _numbers(values: Floats) -> dict[str, Any]:
    edges = _edges(values[~np.isnan(values)])
    return {"edges": edges, "counts": _suppressed(binned(values, edges))}


def _edges(values: Floats) -> list[float]:
    """Quantiles, rounded to a thousandth of the middle's width: nobody's very value."""
    bins = min(BINS, len(values) // ROWS_PER_BIN)
    if bins < 2:
        return []
    quantiles = np.quantile(values, np.arange(1, bins) / bins)
    width = float(quantiles[-1] - quantiles[0])
    if width > 0:
        step = 10.0 ** np.floor(np.log10(width / _STEPS))
        quantiles = np.round(quantiles / step) * step
    return sorted({float(f"{value:.9g}") for value in quantiles})


def _names(codes: Codes, categories: tuple[str, ...]) -> dict[str, Any]:
    counts = np.bincount(codes[codes >= 0], minlength=len(categories))
    order = np.argsort(-counts, kind="stable")[:MOST_CATEGORIES]
    names = [categories[i] for i in order if counts[i] >= FEWEST]
    return {"names": names, "counts": _suppressed(named(codes, categories, names))}


def _suppressed(counts: list[int]) -> list[int]:
    return [count if count >= FEWEST else 0 for count in counts]
