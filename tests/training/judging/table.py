"""Small datasets from arrays, and models of plain scikit-learn to judge on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from shared.core.schema import Feature, Schema
from shared.training.dataset import (
    CategoricalColumn,
    Codes,
    Column,
    Dataset,
    Floats,
    NumericColumn,
    Rows,
)
from shared.training.judging import split
from shared.training.judging.answer import Fit
from shared.training.judging.champion import Champion
from shared.training.judging.judgement import Judgement, judge
from shared.training.judging.rules import Rules
from shared.training.judging.seen import Seen
from tests.training.fitting.dataset import floats

MEMORY = KNeighborsClassifier(1)
"""Knows every row that it has seen by heart."""


def dataset(
    numbers: Any,
    target: Any,
    *,
    texts: Sequence[Sequence[str | None]] = (),
    names: Sequence[str] = (),
    classes: Sequence[str] | None = None,
    **more: Any,
) -> Dataset:
    """Columns of numbers, then columns of text. The target: names of classes, or floats."""
    matrix = np.asarray(numbers, dtype=np.float64)
    columns: list[Column] = [NumericColumn(matrix[:, i].copy()) for i in range(matrix.shape[1])]
    columns += [text_column(cells) for cells in texts]
    told = names or [f"x{i}" for i in range(len(columns))]
    kinds = ["numeric"] * matrix.shape[1] + ["categorical"] * len(texts)
    features = tuple(Feature(name, kind) for name, kind in zip(told, kinds, strict=True))
    labels = np.asarray(target)
    if labels.dtype.kind == "f":
        return Dataset(Schema(features, "y", None), tuple(columns), labels, **more)
    every = tuple(classes or sorted(set(map(str, labels))))
    codes = np.array([every.index(str(label)) for label in labels], dtype=np.int32)
    return Dataset(Schema(features, "y", every), tuple(columns), codes, **more)


def text_column(cells: Sequence[str | None]) -> CategoricalColumn:
    categories = tuple(sorted({cell for cell in cells if cell is not None}))
    codes = [-1 if cell is None else categories.index(cell) for cell in cells]
    return CategoricalColumn(np.array(codes, dtype=np.int32), categories)


def iris(rows: Any = slice(None)) -> Dataset:
    bunch = load_iris()
    names = bunch.target_names[bunch.target]
    return dataset(bunch.data[rows], names[rows], classes=sorted(set(names)))


def taken(data: Dataset, rows: Rows) -> Dataset:
    """Some rows of an all-numeric dataset."""
    columns = tuple(NumericColumn(c.values[rows]) for c in data.columns)  # type: ignore[union-attr]
    return Dataset(data.schema, columns, data.target[rows])


@dataclass(frozen=True)
class Plain:
    """A plain scikit-learn estimator over the numbers, as judging sees a fitted model."""

    estimator: Any
    classes: tuple[str, ...] | None

    def predict(self, dataset: Dataset, rows: Rows) -> Codes | Floats:
        answers = self.estimator.predict(floats(dataset, rows))
        if self.classes is None:
            return np.asarray(answers, dtype=np.float64)
        return np.array([self.classes.index(answer) for answer in answers], dtype=np.int32)

    def probabilities(self, dataset: Dataset, rows: Rows) -> Floats | None:
        if self.classes is None or not hasattr(self.estimator, "predict_proba"):
            return None
        made = np.zeros((len(rows), len(self.classes)))
        known = [self.classes.index(name) for name in self.estimator.classes_]
        made[:, known] = self.estimator.predict_proba(floats(dataset, rows))
        return made


def fitting(data: Dataset, estimator: Any) -> Fit:
    def fit(rows: Rows) -> Plain:
        classes = data.schema.classes
        target = data.target[rows] if classes is None else np.array(classes)[data.target[rows]]
        return Plain(clone(estimator).fit(floats(data, rows), target), classes)

    return fit


def judged(
    data: Dataset,
    estimator: Any = None,
    *,
    champion: Champion | None = None,
    rules: Rules | None = None,
    by: str = split.HASH,
    **more: Any,
) -> tuple[Judgement, Champion]:
    """The judgement, and the model as the champion of the next drop."""
    fit = fitting(data, SVC(gamma="auto") if estimator is None else estimator)
    plan = split.plan(data, by)
    fitted = fit(plan.train)
    told = judge(data, plan, fitted, fit, champion=champion, rules=rules, **more)
    counts = told.metrics.get("classes", {})
    next_champion = Champion(
        "v1", data.schema, fitted.estimator, Seen.from_bytes(told.seen), counts
    )
    return told, next_champion
