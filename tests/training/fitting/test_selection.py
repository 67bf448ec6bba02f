"""Which estimator wins, and why: the seed's on iris, another where it is better beyond chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from shared.core.errors import DatasetRejected
from shared.training.fitting.selection import select
from tests.training.fitting.dataset import iris, made


@dataclass(frozen=True)
class Wish:
    estimator: str = "auto"
    class_weight: Any = ""


def test_iris_keeps_the_seeds_estimator() -> None:
    selection = select(iris(), Wish(), None)
    assert selection.choice.name == "SVC"
    assert selection.why.startswith("SVC was chosen")


@pytest.mark.parametrize("seed", range(10))
def test_any_four_fifths_of_iris_keep_it_too(seed: int) -> None:
    rows = np.sort(np.random.default_rng(seed).permutation(150)[:120])
    assert select(iris(), Wish(), rows).choice.name == "SVC"


def test_it_decides_the_same_again() -> None:
    assert select(made(), Wish(), None) == select(made(), Wish(), None)


def test_a_regression_gets_a_regressor() -> None:
    selection = select(made(regression=True), Wish(), None)
    assert {score["name"] for score in selection.scores} >= {"Ridge", "RandomForestRegressor"}


@pytest.mark.parametrize("name", ["svc", "RandomForest", "RandomForestClassifier"])
def test_an_estimator_can_be_named(name: str) -> None:
    selection = select(made(), Wish(name), None)
    assert selection.choice.name.casefold().startswith(name.casefold())
    assert not selection.scores


@pytest.mark.parametrize(
    ("name", "near"), [("LogisticRegresion", "LogisticRegression"), ("Ridge", "there is no")]
)
def test_an_unknown_one_is_refused_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(DatasetRejected, match=near):
        select(made(), Wish(name), None)


def test_a_class_weight_reaches_the_choice() -> None:
    assert select(made(), Wish(class_weight="balanced"), None).choice.class_weight == "balanced"
