"""Linear models, and how a decision becomes a label and probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.training.fitting.graph.builder import Graph

Answer = tuple[str, str | None]
"""Names of: the index of the class (or the number), and the probabilities (None: no such)."""


def logistic(graph: Graph, found: str, model: Any) -> Answer:
    """LogisticRegression."""
    decision = _plane(graph, found, model.coef_, model.intercept_)
    if len(model.classes_) > 2:
        return largest(graph, decision), graph.add("Softmax", decision, axis=1)
    return positive(graph, decision), both(graph, graph.add("Sigmoid", decision))


def ridge(graph: Graph, found: str, model: Any) -> Answer:
    """Ridge."""
    return flat(graph, _plane(graph, found, np.atleast_2d(model.coef_), model.intercept_)), None


def _plane(graph: Graph, found: str, slopes: Any, intercept: Any) -> str:
    product = graph.add("MatMul", found, graph.constant(np.transpose(slopes)))
    return graph.add("Add", product, graph.constant(np.atleast_2d(intercept)))


def largest(graph: Graph, found: str) -> str:
    """The index of the largest of each row, the first one on a tie."""
    return graph.add("ArgMax", found, axis=1, keepdims=0)


def positive(graph: Graph, found: str) -> str:
    """1 where a column is above 0."""
    above = graph.add("Greater", found, graph.constant(0.0))
    return flat(graph, graph.add("Cast", above, to=7))


def both(graph: Graph, chance: str) -> str:
    """The chances of two classes from that of the second."""
    return graph.add("Concat", graph.add("Sub", graph.constant(1.0), chance), chance, axis=1)


def flat(graph: Graph, found: str) -> str:
    """A column as a vector."""
    return graph.add("Reshape", found, graph.constant([-1], np.int64))
