"""The live version is asked through plain scikit-learn, by the names of its inputs."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from shared.artifacts.loading import load
from shared.artifacts.writing import dump
from shared.core.schema import Schema
from shared.training.dataset import Dataset
from shared.training.fitting import estimator
from shared.training.fitting.catalogue import Choice
from shared.training.judging import split
from shared.training.judging.champion import Champion
from shared.training.judging.judgement import judge
from shared.training.judging.seen import Seen
from tests.training.fitting.dataset import floats, made
from tests.training.judging.table import dataset, iris, judged, taken


def turned(data: Dataset) -> Dataset:
    """The same data, its columns the other way round."""
    schema = replace(data.schema, features=data.schema.features[::-1])
    return replace(data, schema=schema, columns=data.columns[::-1])


@pytest.mark.parametrize("regression", [False, True])
def test_numbers_text_and_gaps_reach_it_in_its_own_order(regression: bool) -> None:
    data = made(400, regression=regression)
    choice = Choice("HistGradientBoostingRegressor" if regression else "LogisticRegression")
    fitted = estimator.fit(data, None, choice)
    every = np.arange(len(data))
    champion = Champion("v1", data.schema, load(io.BytesIO(dump(fitted.estimator)).getvalue()))
    told = champion.predict(turned(data), every)
    assert told == pytest.approx(fitted.predict(data, every))


def test_a_model_of_the_fitting_room_is_judged_against_the_one_before() -> None:
    data = made(1_200)
    choice = Choice("LogisticRegression")
    plan = split.plan(data)
    fitted = estimator.fit(data, plan.train, choice)

    def fit(rows: np.ndarray) -> estimator.Fitted:
        again: estimator.Fitted = estimator.fit(data, rows, choice)
        return again

    first = judge(data, plan, fitted, fit)
    counts = first.metrics["classes"]
    champion = Champion("v1", data.schema, fitted.estimator, Seen.from_bytes(first.seen), counts)
    again = judge(data, plan, fitted, fit, champion=champion)
    assert again.decision.code == "accepted"
    told = again.facts["decision"]["comparison"]
    assert told["on"] == "rows that neither was trained on"
    assert told["difference"]["by"] == 0
    assert told["difference"]["champion"] == pytest.approx(first.metrics["balanced_accuracy"])


def test_a_class_that_the_data_lacks_is_a_wrong_answer_and_no_error() -> None:
    _, champion = judged(iris())
    only_two = iris(slice(0, 100))
    schema = Schema(only_two.schema.features, "y", ("setosa", "versicolor"))
    told = champion.predict(replace(only_two, schema=schema), np.arange(100))
    assert set(told.tolist()) <= {-1, 0, 1}
    assert (told == only_two.target).mean() > 0.9


def test_it_is_never_asked_about_rows_that_it_was_trained_on() -> None:
    data = dataset(np.random.default_rng(0).normal(size=(600, 2)), ["a", "b"] * 300)
    _, champion = judged(taken(data, np.arange(400)))
    asked: list[np.ndarray] = []

    class Watched:
        def predict(self, matrix: np.ndarray) -> np.ndarray:
            asked.append(matrix)
            return np.full(len(matrix), "a")

    judged(data, champion=replace(champion, estimator=Watched()))
    rows = {tuple(row) for row in np.concatenate(asked).tolist()}
    assert rows == {tuple(row) for row in floats(data)[400:].tolist()}
