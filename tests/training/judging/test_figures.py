"""Figures of the card and the report: those of scikit-learn, in aggregates only."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from shared.core.schema import Feature, Schema
from shared.training.dataset import Dataset, NumericColumn
from shared.training.fold import Fold
from shared.training.judging import metric, split
from shared.training.judging.importance import MOST_FEATURES, importance
from tests.training.judging.table import dataset, fitting, iris, judged

CHANCE = np.random.default_rng(11)
TRUTH = CHANCE.integers(0, 3, 500).astype(np.int32)
ANSWERS = np.where(CHANCE.random(500) < 0.7, TRUTH, CHANCE.integers(0, 3, 500)).astype(np.int32)
CHANCES = CHANCE.dirichlet([1, 1, 1], 500)


def line(rows: int) -> Dataset:
    numbers = np.random.default_rng(1).normal(size=(rows, 3))
    noise = np.random.default_rng(2).normal(size=rows)
    return dataset(numbers, 5 * numbers[:, 0] + numbers[:, 1] + noise)


def test_the_figures_are_those_of_scikit_learn() -> None:
    table = metric.confusion(TRUTH, ANSWERS, 3)
    assert table.tolist() == sk.confusion_matrix(TRUTH, ANSWERS).tolist()
    assert metric.balanced_accuracy(table) == pytest.approx(
        sk.balanced_accuracy_score(TRUTH, ANSWERS)
    )
    assert metric.precisions(table) == pytest.approx(
        sk.precision_score(TRUTH, ANSWERS, average=None)
    )
    assert metric.log_loss(TRUTH, CHANCES) == pytest.approx(sk.log_loss(TRUTH, CHANCES))
    scores = np.round(CHANCES[:, 1], 1)
    assert metric.roc_auc(TRUTH == 1, scores) == pytest.approx(sk.roc_auc_score(TRUTH == 1, scores))
    first, second = CHANCES[:, 0], CHANCES[:, 1]
    assert metric.r2(first, second) == pytest.approx(sk.r2_score(first, second))
    assert metric.mae(first, second) == pytest.approx(sk.mean_absolute_error(first, second))


def test_iris_is_told_in_full() -> None:
    told, _ = judged(iris())
    figures = told.metrics
    low, high = figures["balanced_accuracy_interval"]
    assert low < figures["balanced_accuracy"] <= high
    assert figures["balanced_accuracy"] > 0.94
    assert figures["evaluated_rows"] == 150
    assert sum(map(sum, figures["confusion"]["counts"])) == 150
    assert set(figures["per_class"]) == {"setosa", "versicolor", "virginica"}
    assert figures["baseline_balanced_accuracy"] == pytest.approx(1 / 3, abs=1e-6)


def test_the_hold_out_judges_the_model_that_is_deployed() -> None:
    numbers = np.random.default_rng(0).normal(size=(2_000, 2))
    data = dataset(numbers, np.where(numbers[:, 0] > 0, "yes", "no"))
    told, champion = judged(data, LogisticRegression())
    rows = split.hold_out(data)
    right = champion.predict(data, rows) == data.target[rows]
    assert told.metrics["method"] == "hold-out"
    assert told.metrics["accuracy"] == pytest.approx(right.mean(), abs=1e-6)
    assert told.metrics["evaluated_rows"] == len(rows)


def test_probabilities_are_held_against_what_happened() -> None:
    chance = np.random.default_rng(0)
    numbers = chance.normal(size=(6_000, 1))
    labels = np.where(chance.random(6_000) < 1 / (1 + np.exp(-2 * numbers[:, 0])), "yes", "no")
    data = dataset(numbers, labels)
    honest = judged(data, LogisticRegression())[0].metrics
    boastful = judged(data, DecisionTreeClassifier(random_state=0))[0].metrics
    assert honest["calibration"]["class"] == "yes"
    assert honest["calibration"]["mean_gap"] < 0.05 < boastful["calibration"]["mean_gap"]
    assert honest["log_loss"] < boastful["log_loss"]
    assert honest["roc_auc"] > 0.8
    assert all(part["rows"] >= 5 for part in honest["calibration"]["bins"])
    other = judged(data, LogisticRegression(), positive_class="no")[0].metrics
    assert other["calibration"]["class"] == "no"


def test_very_many_classes_are_told_by_their_commonest_mistakes() -> None:
    labels = np.array([f"c{i % 40:02}" for i in range(800)])
    numbers = (np.arange(800) % 40).reshape(-1, 1) + np.random.default_rng(0).normal(
        size=(800, 1), scale=0.5
    )
    told, _ = judged(dataset(numbers, labels), DecisionTreeClassifier(random_state=0))
    mistakes = told.metrics["confusion"]["mistakes"]
    assert len(mistakes) == 20
    assert mistakes[0]["rows"] >= mistakes[-1]["rows"] > 0


def test_residuals_are_told_in_bins_and_quantiles() -> None:
    told, _ = judged(line(2_000), LinearRegression())
    residuals = told.metrics["residuals"]
    assert residuals["quantiles"]["0.5"] == pytest.approx(0, abs=0.2)
    assert sum(residuals["histogram"]["rows"]) <= told.metrics["evaluated_rows"]
    assert all(part["rows"] >= 5 for part in residuals["by_prediction"])
    assert told.metrics["rmse"] == pytest.approx(1, rel=0.15)
    assert told.metrics["r2"] > 0.9


@pytest.mark.parametrize("rows", [200, 2_000])
def test_the_feature_that_decides_is_the_most_important(rows: int) -> None:
    found = judged(line(rows), LinearRegression())[0].facts["importance"]
    assert [fact["name"] for fact in found["features"]] == ["x0", "x1", "x2"]
    assert found["features"][0]["loss"] > 0.3
    assert found["features"][2]["loss"] == pytest.approx(0, abs=0.02)


def test_of_very_many_features_the_weightiest_are_asked_about() -> None:
    numbers = np.random.default_rng(1).normal(size=(1_200, 90))
    data = dataset(numbers, np.where(numbers[:, 77] > 0, "yes", "no"))
    found = judged(data, LogisticRegression())[0].facts["importance"]
    assert found["features"][0]["name"] == "x77"
    assert (len(found["features"]), found["not_asked"]) == (MOST_FEATURES, 90 - MOST_FEATURES)


def test_the_inputs_of_a_date_are_shuffled_together() -> None:
    days = np.random.default_rng(0).permutation(300).astype(np.float64)
    columns = tuple(NumericColumn(values) for values in (days, days % 12, days % 7))
    schema = Schema((Feature("when", "date"),), "y", None)
    data = Dataset(schema, columns, days)
    fit = fitting(data, LinearRegression())
    every = np.arange(300)
    found = importance(data, [Fold(every, every)], [fit(every)])
    assert [fact["name"] for fact in found["features"]] == ["when"]
    assert found["features"][0]["loss"] > 1


def test_without_probabilities_there_is_no_log_loss() -> None:
    assert judged(iris())[0].metrics["log_loss"] is None
