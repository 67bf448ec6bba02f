"""The live version as a rival: asked through plain scikit-learn, by the names of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shared.core.schema import Schema
from shared.training.dataset import CategoricalColumn, Codes, Column, Dataset, Floats, Rows
from shared.training.judging.answer import Fit
from shared.training.judging.seen import Seen

_BLOCK = 20_000
"""Rows at a time, so that a matrix of objects stays small."""


@dataclass(frozen=True)
class Champion:
    """The version that a new model must not be clearly worse than.

    estimator: loaded, answers text labels or numbers. seen: None where nobody knows what it was
    trained on. class_counts: rows of each class that it came from. same_recipe: whether a fit by
    its recipe is a fit by the challenger's. refit: its recipe on rows of the new data, or None.
    """

    version: str
    schema: Schema
    estimator: Any
    seen: Seen | None = None
    class_counts: Mapping[str, int] = field(default_factory=dict)
    same_recipe: bool = False
    refit: Fit | None = None

    def why_not(self, dataset: Dataset) -> str:
        """Why it cannot be asked about these rows at all; empty if it can."""
        if (self.schema.classes is None) == dataset.is_classification:
            return "it does another task"
        if self.schema.target != dataset.schema.target:
            return "it predicts another column"
        kinds = {feature.name: feature.kind for feature in dataset.schema.features}
        for feature in self.schema.features:
            if feature.name not in kinds:
                return f"its feature {feature.name!r} is gone"
            if (feature.kind == "categorical") != (kinds[feature.name] == "categorical"):
                return f"its feature {feature.name!r} is of another kind now"
        return ""

    def predict(self, dataset: Dataset, rows: Rows) -> Codes | Floats:
        """Codes into the dataset's classes (-1: a class that the dataset lacks), or numbers.

        Raises whatever scikit-learn does over rows that its pipeline cannot take.
        """
        names = dataset.schema.inputs
        columns = [dataset.columns[names.index(name)] for name in self.schema.inputs]
        parts = [
            np.asarray(self.estimator.predict(_matrix(columns, rows[start : start + _BLOCK])))
            for start in range(0, len(rows), _BLOCK)
        ]
        answers = np.concatenate(parts)
        if dataset.schema.classes is None:
            numbers: Floats = answers.astype(np.float64)
            return numbers
        return _codes(answers, dataset.schema.classes)


def _matrix(columns: list[Column], rows: Rows) -> np.ndarray:
    if not any(isinstance(column, CategoricalColumn) for column in columns):
        return np.column_stack([c.values[rows] for c in columns])  # type: ignore[union-attr]
    matrix = np.empty((len(rows), len(columns)), dtype=object)
    for place, column in enumerate(columns):
        if isinstance(column, CategoricalColumn):
            matrix[:, place] = np.array([*column.categories, None], dtype=object)[
                column.codes[rows]
            ]
        else:
            matrix[:, place] = column.values[rows]
    return matrix


def _codes(answers: np.ndarray, classes: tuple[str, ...]) -> Codes:
    texts, inverse = np.unique(answers.astype(str), return_inverse=True)
    places = {name: place for place, name in enumerate(classes)}
    return np.array([places.get(text, -1) for text in texts], dtype=np.int32)[inverse]
