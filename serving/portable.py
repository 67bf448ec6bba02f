"""A model's portable copy (ONNX) in this process: nothing is unpickled, and one call is cheap.

The copy takes what scikit-learn refuses, so instances are held to the card's schema first.
`onnxruntime` is imported with the first copy, never before.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from serving import graph, probability
from serving.predictor import Asked, PredictionFailed, no_probabilities
from shared.core.errors import ArtifactRefused, NewerFormat
from shared.core.schema import DATE_PARTS, Schema

FORMAT = 1
CONTRACT = "dropserve"
"""Key of the metadata that says what the copy takes (docs/42-formats.md)."""

BLOCK = 1_024
"""Rows given to ONNX Runtime at once. What it computes on the way to its outputs grows with them (a
kernel: rows times support vectors), and its memory would stay in the process."""

_ALONE = {
    "session.load_model_format": "ONNX",
    "session.model_external_initializers_file_folder_path": os.devnull,  # nothing lies below it
}
"""No other kind of file, and no tensor out of one beside: it would be read where serving runs."""

_NONE = type(None)
_NUMBERS = {int, float, bool, _NONE}
_TEXTS = {str, _NONE}


def runtime() -> Any:
    """ONNX Runtime, or None where there is none. It reports to its maker unless told not to
    before its import."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        return importlib.import_module("onnxruntime")
    except ImportError:
        return None


class Portable:
    """A loaded copy. Raises ArtifactRefused, NewerFormat."""

    def __init__(self, onnxruntime: Any, data: bytes, schema: Schema) -> None:
        graph.check(data)
        self._session = _session(onnxruntime, data)
        contract = _contract(self._session)
        self._width = len(schema.inputs)
        self._numbers: list[int] = contract.get("numbers", [])
        self._texts: list[int] = contract.get("texts", [])
        self._classes: list[str] | None = contract.get("classes")
        self._outputs = {output.name for output in self._session.get_outputs()}
        if sorted(self._numbers + self._texts) != list(range(self._width)):
            raise ArtifactRefused("the portable copy does not take what the card's schema names")
        nullable = _nullable(schema)
        self._gapless = np.array([not nullable[at] for at in self._numbers], dtype=bool)

    def predict(self, asked: Asked) -> list[Any]:
        """The predictions as a JSON-ready list. Raises PredictionFailed."""
        for name in asked.extra:
            raise _failed(f"predict() got an unexpected keyword argument '{name[:80]}'")
        fed = self._fed(asked.instances)
        if not asked.probabilities:
            wanted = "number" if self._classes is None else "label"
            return list(self._run([wanted], fed)[0].tolist())
        if self._classes is None or "probabilities" not in self._outputs:
            raise no_probabilities()
        labels, chances = self._run(["label", "probabilities"], fed)
        return probability.labelled(labels.tolist(), self._classes, chances.tolist())

    def _run(self, wanted: list[str], fed: dict[str, Any]) -> list[Any]:
        rows = len(next(iter(fed.values())))
        blocks = [
            {name: values[start : start + BLOCK] for name, values in fed.items()}
            for start in range(0, rows, BLOCK)
        ]
        try:
            found = [self._session.run(wanted, block) for block in blocks]
            if len(found) == 1:
                return list(found[0])
            return [np.concatenate(parts) for parts in zip(*found, strict=True)]
        except Exception as error:  # onnxruntime raises classes of its own, derived from Exception
            raise _failed(str(error)[:300]) from error

    def _fed(self, instances: Any) -> dict[str, Any]:
        _check_shape(instances, self._width)
        if not self._texts:
            return {"numbers": self._matrix(instances, chain.from_iterable(instances))}
        columns = list(zip(*instances, strict=True))
        fed = {"texts": _text([columns[at] for at in self._texts])}
        if self._numbers:
            found = [columns[at] for at in self._numbers]
            rows = list(zip(*found, strict=True))
            fed["numbers"] = self._matrix(rows, chain.from_iterable(found))
        return fed

    def _matrix(self, rows: Sequence[Any], values: Any) -> Any:
        """(rows, numbers) as doubles. values: the same, one after the other."""
        kinds = set(map(type, values))
        if not kinds <= _NUMBERS:
            raise _failed("a number is wanted where something else was sent")
        matrix = np.array(rows, dtype=np.float64)  # the parser has refused infinity
        if _NONE in kinds and np.isnan(matrix[:, self._gapless]).any():
            raise _failed("Input X contains NaN, and there was none in training.")
        return matrix


def _check_shape(instances: Any, width: int) -> None:
    if type(instances) is not list or not instances or set(map(type, instances)) != {list}:
        raise _failed("Expected 2D array: instances must be a list of lists, one for each instance")
    for count in set(map(len, instances)) - {width}:
        raise _failed(f"X has {count} features, but the model is expecting {width} as input.")


def _text(columns: list[tuple[Any, ...]]) -> Any:
    """(rows, texts) as strings; "" for a gap."""
    if not set(map(type, chain.from_iterable(columns))) <= _TEXTS:
        raise _failed("text is wanted where something else was sent")
    made = np.empty((len(columns[0]), len(columns)), dtype=object)
    for at, column in enumerate(columns):
        made[:, at] = ["" if value is None else value for value in column]
    return made


def _failed(message: str) -> PredictionFailed:
    return PredictionFailed.of(f"Exception during prediction: {message}", 2)


def _nullable(schema: Schema) -> list[bool]:
    """Of each input of the model."""
    return [
        feature.nullable
        for feature in schema.features
        for _ in (DATE_PARTS if feature.kind == "date" else ("",))
    ]


def _session(onnxruntime: Any, data: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False  # it keeps for ever what the largest request took
    for entry in _ALONE.items():
        options.add_session_config_entry(*entry)
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ArtifactRefused(f"ONNX Runtime refuses the copy: {str(error)[:300]}") from error


def _contract(session: Any) -> dict[str, Any]:
    told = session.get_modelmeta().custom_metadata_map.get(CONTRACT)
    try:
        contract = json.loads(told)
        newer = contract["format"] > FORMAT
    except (TypeError, ValueError, KeyError) as error:
        raise ArtifactRefused("the portable copy does not say what it takes") from error
    if newer:
        raise NewerFormat("the portable copy was written by a newer dropserve; upgrade this one")
    return dict(contract)
