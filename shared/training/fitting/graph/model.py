"""A fitted estimator as one ONNX file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import SVC, SVR

from shared.training.fitting.estimator import Fitted
from shared.training.fitting.graph import inputs, kernel, linear, tree
from shared.training.fitting.graph.builder import DOUBLE, STRING, Graph, NotPortable

LABEL, PROBABILITIES, NUMBER = "label", "probabilities", "number"
FORMAT = 1

_MADE: dict[Any, Callable[[Graph, str, Any], linear.Answer]] = {
    CalibratedClassifierCV: kernel.calibrated,
    HistGradientBoostingClassifier: tree.boosting_classifier,
    HistGradientBoostingRegressor: tree.boosting_regressor,
    LogisticRegression: linear.logistic,
    RandomForestClassifier: tree.forest_classifier,
    RandomForestRegressor: tree.forest_regressor,
    Ridge: linear.ridge,
    SVC: kernel.svc,
    SVR: kernel.svr,
}


def to_onnx(fitted: Fitted) -> bytes:
    """The file; equal models give equal bytes. Raises NotPortable."""
    make = _MADE.get(type(fitted.model))
    if make is None:
        raise NotPortable(f"no graph is made for {type(fitted.model).__name__}")
    graph = Graph()
    answer, chances = make(graph, inputs.matrix(graph, fitted.encoder), fitted.model)
    contract: dict[str, Any] = {
        "format": FORMAT,
        inputs.NUMBERS: list(fitted.encoder.numbers),
        inputs.TEXTS: list(fitted.encoder.texts),
    }
    if fitted.classes is None:
        graph.output(NUMBER, answer, DOUBLE, [None])
        return graph.build(contract)
    names = [str(name) for name in fitted.model.classes_]
    label = graph.add("Gather", graph.constant(names, np.str_), answer, axis=0)
    graph.output(LABEL, label, STRING, [None])
    if chances is not None:
        graph.output(PROBABILITIES, chances, DOUBLE, [None, len(names)])
    return graph.build({**contract, "classes": names})
