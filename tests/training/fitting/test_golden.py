"""Golden requests are nobody's row, and the loaded model answers them."""

from __future__ import annotations

import io

import joblib
import numpy as np
import pytest

from shared.artifacts.writing import dump
from shared.training.fitting.catalogue import Choice
from shared.training.fitting.estimator import fit
from shared.training.fitting.golden import golden
from tests.training.fitting.dataset import COLOURS, iris, made


@pytest.mark.parametrize("regression", [True, False])
@pytest.mark.parametrize("text", [True, False])
def test_the_loaded_model_answers_them(regression: bool, text: bool) -> None:
    dataset = made(regression=regression, text=text)
    fitted = fit(dataset, None, Choice("Ridge" if regression else "LogisticRegression"))
    requests = golden(fitted, dataset)
    plain = joblib.load(io.BytesIO(dump(fitted.estimator)))
    assert len(requests.instances) >= 4
    assert requests.agrees(plain.predict(requests.instances).tolist())
    assert any(None in instance for instance in requests.instances)


def test_none_is_a_row_of_the_data() -> None:
    dataset = made(text=True)
    rows = dataset.instances(np.arange(len(dataset)))
    fitted = fit(dataset, None, Choice("LogisticRegression"))
    assert not any(instance in rows for instance in golden(fitted, dataset).instances)


def test_only_categories_that_the_schema_shows_appear() -> None:
    dataset = made()
    fitted = fit(dataset, None, Choice("LogisticRegression"))
    assert {row[1] for row in golden(fitted, dataset).instances} <= {*COLOURS, None}


def test_every_class_of_iris_is_asked_for() -> None:
    requests = golden(fit(iris(), None, Choice("SVC")), iris())
    assert set(requests.predictions) == {"setosa", "versicolor", "virginica"}
