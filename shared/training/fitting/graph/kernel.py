"""SVC, plain and calibrated, and SVR with the RBF kernel, in explicit operations.

ONNX's own SVM operators are single precision and would move borders.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from shared.training.dataset import Floats
from shared.training.fitting.graph.builder import Graph, NotPortable
from shared.training.fitting.graph.linear import Answer, both, flat, largest, positive


def svr(graph: Graph, found: str, model: Any) -> Answer:
    """SVR."""
    kernel = _kernel(graph, found, model)
    product = graph.add("MatMul", kernel, graph.constant(model.dual_coef_.T))
    return flat(graph, graph.add("Add", product, graph.constant([model.intercept_]))), None


def svc(graph: Graph, found: str, model: Any) -> Answer:
    """SVC without probabilities."""
    decision = _decision(graph, found, model)
    if len(model.classes_) == 2:
        return positive(graph, decision), None
    return largest(graph, _votes(graph, decision, len(model.classes_))), None


def calibrated(graph: Graph, found: str, model: Any) -> Answer:
    """CalibratedClassifierCV(SVC, ensemble=False, method="sigmoid")."""
    inner = model.calibrated_classifiers_[0]
    size = len(model.classes_)
    decision = _decision(graph, found, inner.estimator)
    scores = decision if size == 2 else _ovr(graph, decision, size)
    slopes = [[calibrator.a_ for calibrator in inner.calibrators]]
    offsets = [[calibrator.b_ for calibrator in inner.calibrators]]
    turned = graph.add(
        "Add", graph.add("Mul", scores, graph.constant(slopes)), graph.constant(offsets)
    )
    chances = graph.add("Sigmoid", graph.add("Neg", turned))
    if size == 2:
        chances = both(graph, chances)
    else:
        total = graph.add("ReduceSum", chances, graph.constant([1], np.int64), keepdims=1)
        chances = graph.add("Div", chances, total)
    return largest(graph, chances), chances


def _kernel(graph: Graph, found: str, model: Any) -> str:
    """(rows, support vectors): exp(-gamma |x - s|^2), both moved to the middle of the vectors."""
    if model.kernel != "rbf":
        raise NotPortable(f"no graph is made for the kernel {model.kernel!r}")
    middle = model.support_vectors_.mean(axis=0)
    vectors = model.support_vectors_ - middle
    x = graph.add("Sub", found, graph.constant([middle]))
    axis = graph.constant([1], np.int64)
    squares = graph.add("ReduceSum", graph.add("Mul", x, x), axis, keepdims=1)
    cross = graph.add("MatMul", x, graph.constant(-2.0 * vectors.T))
    both_squares = graph.add("Add", squares, graph.constant([(vectors**2).sum(axis=1)]))
    distance = graph.add("Max", graph.add("Add", both_squares, cross), graph.constant(0.0))
    return graph.add("Exp", graph.add("Mul", distance, graph.constant(-model._gamma)))


def _decision(graph: Graph, found: str, model: Any) -> str:
    """(rows, pairs of classes), positive for the first of a pair; one column for two classes."""
    weights = model.dual_coef_.T if len(model.classes_) == 2 else _pair_weights(model)
    product = graph.add("MatMul", _kernel(graph, found, model), graph.constant(weights))
    return graph.add("Add", product, graph.constant([model.intercept_]))


def _pair_weights(model: Any) -> Floats:
    """libsvm's dual coefficients as (support vectors, pairs)."""
    ends = np.cumsum(model.n_support_)
    of_class = [slice(end - size, end) for end, size in zip(ends, model.n_support_, strict=True)]
    pairs = list(combinations(range(len(model.classes_)), 2))
    weights = np.zeros((len(model.support_vectors_), len(pairs)))
    for at, (i, j) in enumerate(pairs):
        weights[of_class[i], at] = model.dual_coef_[j - 1, of_class[i]]
        weights[of_class[j], at] = model.dual_coef_[i, of_class[j]]
    return weights


def _votes(graph: Graph, decision: str, size: int) -> str:
    """How many pairs each class wins. libsvm gives a pair to the first only above 0."""
    return _counted(graph, graph.add("Greater", decision, graph.constant(0.0)), size)


def _ovr(graph: Graph, decision: str, size: int) -> str:
    """scikit-learn's decision_function: votes, and confidence between them."""
    votes = _counted(graph, graph.add("GreaterOrEqual", decision, graph.constant(0.0)), size)
    first, second = _ends(size)
    confidence = graph.add("MatMul", decision, graph.constant(first - second))
    spread = graph.add("Add", graph.add("Abs", confidence), graph.constant(1.0))
    between = graph.add("Div", confidence, graph.add("Mul", spread, graph.constant(3.0)))
    return graph.add("Add", votes, between)


def _counted(graph: Graph, won: str, size: int) -> str:
    first, second = _ends(size)
    by_first = graph.add("MatMul", graph.double(won), graph.constant(first))
    by_second = graph.add("MatMul", graph.double(graph.add("Not", won)), graph.constant(second))
    return graph.add("Add", by_first, by_second)


def _ends(size: int) -> tuple[Floats, Floats]:
    """(pairs, classes): 1 where a class is the first, and where it is the second of a pair."""
    pairs = np.array(list(combinations(range(size), 2)))
    unit = np.eye(size)
    return unit[pairs[:, 0]], unit[pairs[:, 1]]
