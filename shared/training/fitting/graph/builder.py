"""An ONNX graph under construction: nodes are added and named in order, so bytes are repeatable."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSETS = (("", 17), ("ai.onnx.ml", 5))
IR_VERSION = 10
"""Old enough for every ONNX Runtime since 1.18."""
PRODUCER = "dropserve"


class NotPortable(Exception):
    """Something in a model that no graph is made for. The message goes into the card."""


class Graph:
    """Nodes and constants by name. Every number in it is a double, every index an int64."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def input(self, name: str, columns: int, *, text: bool = False) -> str:
        """A matrix (rows, columns) that the caller gives."""
        kind = TensorProto.STRING if text else TensorProto.DOUBLE
        self._inputs.append(helper.make_tensor_value_info(name, kind, [None, columns]))
        return name

    def output(self, name: str, found: str, kind: int, shape: list[int | None]) -> None:
        """Answer with `found` under a name."""
        self._nodes.append(helper.make_node("Identity", [found], [name], name=f"out_{name}"))
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, values: npt.ArrayLike, kind: Any = np.float64) -> str:
        """A constant tensor."""
        name = f"c{len(self._constants)}"
        array = np.ascontiguousarray(np.asarray(values, dtype=kind))
        if array.dtype.kind in "OU":
            array = array.astype(object)  # what onnx makes strings of
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """One operation; the name of its only output."""
        name = f"n{len(self._nodes)}"
        self._nodes.append(
            helper.make_node(kind, list(inputs), [name], name=name, domain=domain, **attributes)
        )
        return name

    def double(self, found: str) -> str:
        """Cast to double."""
        return self.add("Cast", found, to=TensorProto.DOUBLE)

    def build(self, contract: dict[str, Any]) -> bytes:
        """The file. contract: what a caller must know to feed it, kept in its metadata."""
        graph = helper.make_graph(
            self._nodes, "model", self._inputs, self._outputs, self._constants
        )
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS]
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name=PRODUCER
        )
        entry = model.metadata_props.add()
        entry.key = PRODUCER
        entry.value = json.dumps(contract, ensure_ascii=False, sort_keys=True)
        data: bytes = model.SerializeToString(deterministic=True)
        return data


STRING, DOUBLE = onnx.TensorProto.STRING, onnx.TensorProto.DOUBLE
