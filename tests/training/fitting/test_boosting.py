"""Trees learnt from bins that were made block by block are scikit-learn's own."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from shared.core.schema import Schema
from shared.training.dataset import Dataset
from shared.training.fitting import boosting, encoder
from shared.training.fitting.catalogue import BY_NAME, Choice
from tests.training.fitting.dataset import made


def both(dataset: Dataset, name: str, weights: np.ndarray | None = None) -> list[bytes]:
    entry = BY_NAME[name]
    rows = np.flatnonzero(np.arange(len(dataset)) % 5)
    before = encoder.fit(dataset, rows, entry)
    choice = Choice(name, {"max_iter": 4})
    one, other = entry.unfitted(choice), entry.unfitted(choice)
    target = dataset.target[rows]
    if dataset.schema.classes is not None:
        target = np.array(dataset.schema.classes)[target]
    one.fit(before.matrix(dataset, rows), target, sample_weight=weights)
    boosting.fit(other, before, dataset, rows, weights, block=999)
    return [pickle.dumps(one), pickle.dumps(other)]


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("text", [True, False])
def test_a_classifier_is_equal_byte_for_byte(classes: int, text: bool) -> None:
    one, other = both(made(4_000, classes=classes, text=text), "HistGradientBoostingClassifier")
    assert one == other


def test_a_regressor_with_weights_is_equal_byte_for_byte() -> None:
    weights = np.random.default_rng(1).random(3_200)
    one, other = both(made(4_000, regression=True), "HistGradientBoostingRegressor", weights)
    assert one == other


def test_bins_of_very_many_rows_come_from_the_same_sample() -> None:
    one, other = both(made(300_000, gaps=False), "HistGradientBoostingClassifier")
    assert one == other


def test_classes_that_are_not_sorted_keep_their_names() -> None:
    dataset = made(4_000, classes=3)
    names = replace(dataset, schema=Schema(dataset.schema.features, "y", ("z", "a", "m")))
    one, other = both(names, "HistGradientBoostingClassifier")
    assert one == other
