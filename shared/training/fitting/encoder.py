"""From typed columns to the matrix that a model is fitted on, without a matrix of Python objects.

The plain scikit-learn transformers that do the same to a list of lists are put together beside it,
so that the model's file needs nothing of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from shared.training.dataset import CategoricalColumn, Codes, Dataset, Floats, NumericColumn, Rows
from shared.training.fitting import scaling
from shared.training.fitting.catalogue import Entry
from shared.training.fitting.category import (
    GAP,
    MOST_COLUMNS,
    MOST_RANKS,
    Categories,
    known,
)

MOST_CELLS = 10_000_000
"""Cells of one column for each category above which a linear model learns from a sparse matrix."""

Steps = list[tuple[str, Any]]


@dataclass(frozen=True)
class Encoder:
    """Fitted. numbers, texts: positions of the inputs of each kind; the matrix has numbers first.

    steps: the fitted transformers of the numbers; categories: one for each of texts.
    """

    numbers: tuple[int, ...]
    texts: tuple[int, ...]
    steps: Steps
    categories: tuple[Categories, ...]
    ordinal: bool
    sparse: bool

    @property
    def widths(self) -> list[int]:
        """Columns of the matrix that each text input gives."""
        return [1 if self.ordinal else len(found.names) for found in self.categories]

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return len(self.numbers) + sum(self.widths)

    def matrix(self, dataset: Dataset, rows: Rows | None) -> Any:
        """What the model takes: (rows, columns), float64; sparse where that is much smaller."""
        size = len(dataset) if rows is None else len(rows)
        wide = 0 if self.ordinal else size * sum(self.widths)
        if self.sparse and wide > MOST_CELLS:
            return self._thin(dataset, rows, size)
        made = np.zeros((size, self.width))
        self._fill_numbers(made, dataset, rows)
        for start, indices in zip(self._starts(), self._codes(dataset, rows), strict=True):
            if self.ordinal:
                made[:, start] = indices
            else:
                told = np.flatnonzero(indices >= 0)
                made[told, start + indices[told]] = 1.0
        return made

    def _thin(self, dataset: Dataset, rows: Rows | None, size: int) -> Any:
        """The same as a sparse matrix: the numbers, and one cell for each text."""
        width = len(self.numbers) + len(self.texts)
        values = np.empty((size, width))
        places = np.empty((size, width), dtype=np.int32)
        self._fill_numbers(values, dataset, rows)
        places[:, : len(self.numbers)] = np.arange(len(self.numbers))
        codes = self._codes(dataset, rows)
        for at, (start, indices) in enumerate(
            zip(self._starts(), codes, strict=True), len(self.numbers)
        ):
            values[:, at] = indices >= 0
            places[:, at] = start + np.maximum(indices, 0)
        ends = np.arange(
            0, size * width + 1, width, dtype=np.int32 if size * width < 2**31 else None
        )
        shape = (size, self.width)
        return csr_matrix((values.ravel(), places.ravel(), ends), shape=shape)

    def _codes(self, dataset: Dataset, rows: Rows | None) -> Iterator[Codes]:
        """Of one text input after the other."""
        for position, found in zip(self.texts, self.categories, strict=True):
            yield found.of(_text_column(dataset, position), rows)

    def _starts(self) -> list[int]:
        """The first column of each text input."""
        ends = np.cumsum([len(self.numbers), *self.widths])
        return [int(end) for end in ends[:-1]]

    def _fill_numbers(self, made: Floats, dataset: Dataset, rows: Rows | None) -> None:
        """The numbers, into the first columns."""
        part = made[:, : len(self.numbers)]
        fill_numbers(part, dataset, self.numbers, rows)
        for _, step in self.steps:
            scaling.apply(step, part)

    def around(self, model: Any) -> Any:
        """The plain estimator: these transformers and the fitted model behind them."""
        if self.texts:
            return Pipeline([("columns", self._columns()), ("model", model)])
        return Pipeline([*self.steps, ("model", model)]) if self.steps else model

    def _columns(self) -> Any:
        """A ColumnTransformer that is fitted, though it has seen a made-up row only."""
        numbers = Pipeline(self.steps) if self.steps else "passthrough"
        parts = [
            ("numbers", numbers, list(self.numbers)),
            ("texts", self._texts(), list(self.texts)),
        ]
        columns = ColumnTransformer(parts if self.numbers else parts[1:])
        row: list[Any] = [GAP] * (len(self.numbers) + len(self.texts))
        for position in self.numbers:
            row[position] = 0.0
        columns.fit(np.array([row], dtype=object))
        if self.numbers and self.steps:
            columns.transformers_[0] = ("numbers", numbers, list(self.numbers))
        return columns

    def _texts(self) -> Any:
        names = [list(found.names) for found in self.categories]
        encode: Any = OneHotEncoder(categories=names, handle_unknown="ignore", sparse_output=False)
        if self.ordinal:
            encode = OrdinalEncoder(
                categories=names, handle_unknown="use_encoded_value", unknown_value=-1
            )
        # In this order: the other one fails on a column that has both.
        nan = SimpleImputer(strategy="constant", fill_value=GAP, keep_empty_features=True)
        none = SimpleImputer(
            missing_values=None, strategy="constant", fill_value=GAP, keep_empty_features=True
        )
        return Pipeline([("nan", nan), ("none", none), ("encode", encode)])


def fit(dataset: Dataset, rows: Rows | None, entry: Entry, among: Rows | None = None) -> Encoder:
    """What `entry` needs before it, learnt from some rows. among: those they are a fold of."""
    numbers = tuple(i for i, c in enumerate(dataset.columns) if isinstance(c, NumericColumn))
    texts = tuple(i for i, c in enumerate(dataset.columns) if isinstance(c, CategoricalColumn))
    steps = _steps(entry, gaps=has_gaps(dataset)) if numbers else []
    if steps:
        made = numeric_matrix(dataset, numbers, rows)
        for _, step in steps:
            scaling.learn(step, made)
            scaling.apply(step, made)
        del made
    most = MOST_RANKS if entry.ordinal else MOST_COLUMNS
    target = _target(dataset, rows) if entry.ordinal else None
    found = [known(_text_column(dataset, i), rows, most, target, among) for i in texts]
    return Encoder(numbers, texts, steps, tuple(found), entry.ordinal, entry.sparse)


def _text_column(dataset: Dataset, position: int) -> CategoricalColumn:
    column = dataset.columns[position]
    assert isinstance(column, CategoricalColumn)
    return column


def _target(dataset: Dataset, rows: Rows | None) -> Codes | Floats:
    return dataset.target if rows is None else dataset.target[rows]


def _steps(entry: Entry, *, gaps: bool) -> Steps:
    steps: Steps = []
    if gaps and entry.imputed:
        steps.append(("impute", SimpleImputer(strategy="median", keep_empty_features=True)))
    if entry.scaled:
        steps.append(("scale", StandardScaler()))
    return steps


def has_gaps(dataset: Dataset) -> bool:
    """Whether a number may be missing, in these rows or, by the schema, in a request.

    Asked of the whole dataset: a fold without a gap may be asked about one with some.
    """
    return any(feature.nullable for feature in dataset.schema.features) or any(
        bool(np.isnan(column.values).any())
        for column in dataset.columns
        if isinstance(column, NumericColumn)
    )


def numeric_matrix(dataset: Dataset, numbers: tuple[int, ...], rows: Rows | None) -> Floats:
    """The numeric inputs as (rows, numbers)."""
    size = len(dataset) if rows is None else len(rows)
    made = np.empty((size, len(numbers)))
    fill_numbers(made, dataset, numbers, rows)
    return made


def fill_numbers(
    made: Floats, dataset: Dataset, numbers: tuple[int, ...], rows: Rows | None
) -> None:
    """The numeric inputs into a matrix that is there."""
    for at, position in enumerate(numbers):
        column = dataset.columns[position]
        assert isinstance(column, NumericColumn)
        made[:, at] = column.values if rows is None else column.values[rows]
