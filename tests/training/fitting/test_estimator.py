"""Every estimator of the catalogue, fitted from typed columns, is a plain scikit-learn one."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.svm import SVC

from shared.artifacts.loading import load
from shared.artifacts.writing import dump
from shared.training.dataset import Dataset
from shared.training.fitting.catalogue import BY_NAME, ENTRIES, Choice
from shared.training.fitting.estimator import Fitted, fit
from shared.training.fitting.portable import convert
from tests.training.fitting.dataset import floats, iris, made

TWO = [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]


def dataset_for(name: str, **kinds: Any) -> Dataset:
    return made(regression=not BY_NAME[name].classifies, **kinds)


def answers(fitted: Fitted, dataset: Dataset) -> list[Any]:
    predicted = fitted.predict(dataset)
    classes = dataset.schema.classes
    return predicted.tolist() if classes is None else [classes[int(code)] for code in predicted]


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("gaps", [True, False])
@pytest.mark.parametrize("name", BY_NAME)
def test_lists_of_lists_are_answered_as_typed_columns_are(
    name: str, gaps: bool, text: bool
) -> None:
    dataset = dataset_for(name, gaps=gaps, text=text)
    fitted = fit(dataset, None, Choice(name))
    plain = joblib.load(io.BytesIO(dump(fitted.estimator)))
    told = plain.predict(dataset.instances(np.arange(len(dataset)))).tolist()
    assert (
        told == pytest.approx(answers(fitted, dataset))
        if fitted.classes is None
        else (told == answers(fitted, dataset))
    )


@pytest.mark.parametrize("name", BY_NAME)
def test_odd_cells_are_answered_without_a_warning(name: str) -> None:
    plain = fit(dataset_for(name), None, Choice(name)).estimator
    odd: list[list[Any]] = [
        ["1.5", "blue", 2],
        [None, None, "2"],
        [math.nan, math.nan, 2.0],
        [1, "never seen", -3.5],
        [True, 7, "1e3"],
    ]
    assert len(plain.predict(odd)) == len(odd)
    assert plain.predict([odd[1]]) == plain.predict([odd[2]])


@pytest.mark.parametrize("name", BY_NAME)
def test_the_file_passes_the_allow_list_and_is_the_same_twice(name: str) -> None:
    dataset = dataset_for(name)
    one, other = (dump(fit(dataset, None, Choice(name)).estimator) for _ in range(2))
    assert one == other
    load(one)


@pytest.mark.parametrize("name", [entry.name for entry in ENTRIES if entry.classifies])
@pytest.mark.parametrize("classes", [2, 4])
def test_probabilities_agree_with_the_label(name: str, classes: int) -> None:
    dataset = made(classes=classes)
    fitted = fit(dataset, None, Choice(name))
    chances = fitted.probabilities(dataset)
    assert chances is not None
    assert chances.shape == (len(dataset), classes)
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(dataset)))
    assert (chances.argmax(axis=1) == fitted.predict(dataset)).all()


def test_iris_is_answered_as_the_seed_answers_it_and_with_probabilities() -> None:
    dataset = iris()
    fitted = fit(dataset, None, Choice("SVC"))
    plain = SVC(gamma="auto").fit(floats(dataset), np.array(dataset.schema.classes)[dataset.target])
    chance = np.random.default_rng(0)
    values = floats(dataset)
    around = chance.uniform(values.min(0) - 1, values.max(0) + 1, (5_000, 4))
    grid = np.vstack([values, around])
    assert list(fitted.estimator.predict(TWO)) == ["versicolor", "versicolor"]
    assert (fitted.estimator.predict(grid) == plain.predict(grid)).all()
    assert fitted.probabilities(dataset) is not None


@pytest.mark.parametrize("name", [entry.name for entry in ENTRIES if entry.classifies])
def test_columns_of_probabilities_follow_the_schema_s_classes_in_whatever_order(name: str) -> None:
    dataset = made(300, classes=3)
    turned = replace(
        dataset,
        schema=replace(dataset.schema, classes=("c", "a", "b")),
        target=np.array([1, 2, 0], dtype=np.int32)[dataset.target],
    )
    usual, other = (fit(one, None, Choice(name)) for one in (dataset, turned))
    chances, moved = usual.probabilities(dataset), other.probabilities(turned)
    assert chances is not None
    assert moved is not None
    assert (other.codes == [1, 2, 0]).all()
    assert (moved.argmax(axis=1) == other.predict(turned)).all()
    copy = convert(other, turned, None)
    assert copy.outcome["written"], copy.outcome
    if not BY_NAME[name].ordinal:  # ranks of categories follow the classes' order
        assert moved[:, [1, 2, 0]] == pytest.approx(chances)
