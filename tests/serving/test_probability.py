"""Probabilities: of every class, beside the very label that is answered without them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from serving import predictor
from serving.predictor import PredictionFailed

ROWS = [[0.0], [1.0], [2.0], [3.0]]
ASKED: dict[str, Any] = {"parameters": {"probabilities": True}}


def predict(estimator: Any, instances: Any, more: dict[str, Any]) -> list[Any]:
    asked = predictor.parse(json.dumps({"instances": instances, **more}).encode())
    return predictor.predict(estimator, asked)


def fitted() -> Any:
    return LogisticRegression().fit(ROWS, ["no", "no", "yes", "yes"])


def test_each_class_has_its_share_beside_the_label() -> None:
    found = predict(fitted(), ROWS, ASKED)
    assert [one["label"] for one in found] == predict(fitted(), ROWS, {})
    for one in found:
        assert set(one["probabilities"]) == {"no", "yes"}
        assert sum(one["probabilities"].values()) == pytest.approx(1)


def test_a_model_without_probabilities_says_so() -> None:
    with pytest.raises(PredictionFailed, match="no probabilities"):
        predict(SVC().fit(ROWS, [0, 0, 1, 1]), ROWS, ASKED)


@pytest.mark.parametrize("parameters", [{}, {"probabilities": False}, None, [], "x"])
def test_other_parameters_change_nothing(parameters: Any) -> None:
    assert predict(fitted(), [[0.0]], {"parameters": parameters}) == ["no"]


def test_instances_that_the_model_cannot_take_fail_as_they_do_without() -> None:
    with pytest.raises(PredictionFailed, match="Error code: 2"):
        predict(fitted(), [["x"]], ASKED)
