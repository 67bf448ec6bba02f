"""What no portable copy of ours holds is refused before anything of it is read or run."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from serving import graph
from serving.portable import _session
from shared.core.errors import ArtifactRefused
from tests.serving.trained import trained

ROOT = Path(__file__).resolve().parents[2]


def file(*nodes: Any, constants: tuple[Any, ...] = (), **more: Any) -> bytes:
    """A model that answers `number`, whatever its nodes make of that."""
    told = [helper.make_tensor_value_info(name, 11, [None]) for name in ("numbers", "number")]
    made = helper.make_graph(list(nodes), "model", told[:1], told[1:], list(constants))
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], **more)
    model.ir_version = 8
    data: bytes = model.SerializeToString()
    return data


def node(kind: str, **attributes: Any) -> Any:
    return helper.make_node(kind, ["numbers"], ["number"], **attributes)


def beside(place: str) -> TensorProto:
    """A tensor of 16 bytes that lie in a file."""
    tensor = TensorProto(name="w", data_type=TensorProto.UINT8, dims=[16])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", place), ("offset", "0"), ("length", "16")):
        tensor.external_data.add(key=key, value=value)
    return tensor


def inner() -> Any:
    return helper.make_graph([node("Identity")], "inner", [], [])


def reading(place: str) -> bytes:
    cast = helper.make_node("Cast", ["w"], ["number"], to=TensorProto.DOUBLE)
    return file(cast, constants=(beside(place),))


def disguised() -> bytes:
    """The tag of a graph with a bit too many, which protobuf's own readers drop."""
    found = file(node("Loop", body=inner()))
    tag = bytes([7 << 3 | 2])
    at = found.index(tag)
    return found[:at] + bytes([tag[0] | 128, 128, 128, 128, 16]) + found[at + 1 :]


HOSTILE = {
    "a file beside": reading("secret"),
    "a file beside an attribute": file(node("Constant", value=beside("secret"))),
    "a file beside an operator of ours": file(node("Cast", to=beside("secret"))),
    "a loop": file(node("Loop", body=inner())),
    "a branch": file(node("If", then_branch=inner(), else_branch=inner())),
    "a graph in an operator of ours": file(node("Identity", body=inner())),
    "graphs in an operator of ours": file(node("Identity", body=[inner(), inner()])),
    "another's operator": file(node("Identity", domain="com.microsoft")),
    "an operator that makes much of little": file(node("Expand")),
    "a function": file(
        node("Identity"),
        functions=[
            helper.make_function("x", "Identity", ["a"], ["b"], [], [helper.make_opsetid("", 17)])
        ],
    ),
    "a disguised graph": disguised(),
    "nothing that ends": b"\x3a\xff\xff\xff\xff\x0f",
    "a number that does not end": b"\xff" * 20,
    "a group": b"\x3b\x3c",
    "an ORT file": b"\x24\x00\x00\x00ORTM" + bytes(40),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_no_copy_of_ours_holds_is_refused(name: str) -> None:
    with pytest.raises(ArtifactRefused, match="none of retrain's"):
        graph.check(HOSTILE[name])


def test_a_node_that_names_two_operators_is_refused() -> None:
    model = onnx.ModelProto.FromString(file(node("Identity")))
    plain = model.graph.node[0].SerializeToString()
    twice = plain + b'"\x04Loop'
    data = file(node("Identity"))
    whole = bytes([len(plain)]) + plain
    assert data.count(whole) == 1
    grown = data.replace(whole, bytes([len(twice)]) + twice)
    size = model.graph.ByteSize()
    grown = grown.replace(bytes([0x3A, size]), bytes([0x3A, size + len(twice) - len(plain)]), 1)
    assert onnx.ModelProto.FromString(grown).graph.node[0].op_type == "Loop"
    with pytest.raises(ArtifactRefused, match="one operator"):
        graph.check(grown)


def test_a_copy_of_ours_passes() -> None:
    graph.check(trained().copy)


@pytest.mark.parametrize("place", ["secret", "./secret", "folder/../secret"])
def test_no_file_is_read_into_a_model(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the look at the graph, too."""
    (tmp_path / "secret").write_bytes(b"a private key...")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    onnxruntime.InferenceSession(reading(place), options, providers=["CPUExecutionProvider"])
    with pytest.raises(ArtifactRefused, match="External data path"):
        _session(onnxruntime, reading(place))


def test_the_operators_are_those_that_retrain_writes() -> None:
    written = set()
    for path in (ROOT / "shared" / "training" / "fitting" / "graph").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(call, "func", None), "attr", "")
            if name not in ("add", "make_node") or not isinstance(call, ast.Call) or not call.args:
                continue
            if isinstance(call.args[0], ast.Constant):
                domains = [one.value for one in call.keywords if one.arg == "domain"]
                told = [one.value for one in domains if isinstance(one, ast.Constant)]
                written.add((told[0] if told else "", call.args[0].value))
    assert written == graph.OPERATORS
