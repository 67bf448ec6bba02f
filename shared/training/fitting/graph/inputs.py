"""The first half of a graph: what a caller sends, as the matrix that the model takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from shared.training.fitting.category import Categories
from shared.training.fitting.encoder import Encoder
from shared.training.fitting.graph.builder import Graph, NotPortable

NUMBERS, TEXTS = "numbers", "texts"


def matrix(graph: Graph, encoder: Encoder) -> str:
    """The model's matrix from the graph's inputs `numbers` and `texts`."""
    parts = []
    if encoder.numbers:
        found = graph.input(NUMBERS, len(encoder.numbers))
        for _, step in encoder.steps:
            found = _step(graph, found, step)
        parts.append(found)
    if encoder.texts:
        texts = graph.input(TEXTS, len(encoder.texts), text=True)
        for at, known in enumerate(encoder.categories):
            cell = graph.add("Gather", texts, graph.constant([at], np.int64), axis=1)
            parts.append(_category(graph, cell, known, ordinal=encoder.ordinal))
    return parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)


def _step(graph: Graph, found: str, step: Any) -> str:
    if isinstance(step, SimpleImputer):
        return graph.add(
            "Where", graph.add("IsNaN", found), graph.constant([step.statistics_]), found
        )
    if isinstance(step, StandardScaler):
        centred = graph.add("Sub", found, graph.constant([step.mean_]))
        return graph.add("Div", centred, graph.constant([step.scale_]))
    raise NotPortable(f"no graph is made for {type(step).__name__}")


def _category(graph: Graph, cell: str, known: Categories, *, ordinal: bool) -> str:
    index = graph.add(
        "LabelEncoder",
        cell,
        domain="ai.onnx.ml",
        keys_strings=list(known.names),
        values_int64s=list(range(len(known.names))),
        default_int64=-1,
    )
    if ordinal:
        return graph.double(index)
    places = graph.constant([np.arange(len(known.names))], np.int64)
    return graph.double(graph.add("Equal", index, places))
