"""What stands in a portable copy, read off its bytes before ONNX Runtime sees them.

ONNX has loops, functions, and tensors that lie in files beside: whoever may write a model's
directory could write any of them. A copy of ours is a chain of a few plain operators, and nothing
else is run in this process. Written against onnx.proto; what is not named here is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared.core.errors import ArtifactRefused

_NUMBERS = (
    "Abs Add ArgMax Cast Concat Div Equal Exp Gather Greater GreaterOrEqual Identity IsNaN MatMul "
    "Max Mul Neg Not ReduceSum Reshape Sigmoid Softmax Sub Where"
)
_LEARNING = "LabelEncoder TreeEnsemble"
OPERATORS = frozenset(
    (domain, name)
    for domain, names in (("", _NUMBERS), ("ai.onnx.ml", _LEARNING))
    for name in names.split()
)
"""(domain, name) of what `retrain` makes copies of."""

_VARINT, _BYTES = 0, 2
_WIDTHS = {1: 8, 5: 4}
_TAGS = 2**32
"""Readers of protobuf cut longer ones down to another field's."""

Shape = Mapping[int, "Shape | None"]
"""Field number -> the shape of the message there, None for what is taken as it stands."""

_TENSOR: Shape = dict.fromkeys((1, 2, *range(4, 12)))  # 13 and 14 are of files beside
_ATTRIBUTE: Shape = {
    **dict.fromkeys((1, 2, 3, 4, 7, 8, 9, 20)),
    5: _TENSOR,
    10: _TENSOR,
}
_NODE: Shape = {**dict.fromkeys((1, 2, 3, 4, 7)), 5: _ATTRIBUTE}
_GRAPH: Shape = {**dict.fromkeys((2, 11, 12)), 1: _NODE, 5: _TENSOR}
_MODEL: Shape = {**dict.fromkeys((1, 2, 8, 14)), 7: _GRAPH}
_OPERATOR, _DOMAIN = 4, 7


def check(data: bytes) -> None:
    """Raise ArtifactRefused for a file that holds what no copy of ours does."""
    try:
        _check(memoryview(data), _MODEL)
    except (ValueError, IndexError) as error:
        raise ArtifactRefused(f"the portable copy is none of retrain's: {error}") from None


def _check(message: memoryview, shape: Shape) -> None:
    told: dict[int, list[bytes]] = {_OPERATOR: [], _DOMAIN: []}
    for number, content in _fields(message):
        if number not in shape:
            raise ValueError(f"it has a field {number} where none is known")
        inner = shape[number]
        if content is not None and inner is not None:
            _check(content, inner)
        elif content is not None and shape is _NODE and number in told:
            told[number].append(bytes(content))
    if shape is _NODE:
        _check_operator(told[_OPERATOR], told[_DOMAIN])


def _check_operator(names: list[bytes], domains: list[bytes]) -> None:
    """Each may be told once: of several, which one counts is the reader's choice."""
    if len(names) != 1 or len(domains) > 1:
        raise ValueError("a node does not name one operator")
    name, domain = (part.decode("ascii", "replace") for part in (names[0], b"".join(domains)))
    if (domain, name) not in OPERATORS:
        raise ValueError(f"its operator {name[:80]!r} is not one of them")


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | None]]:
    """(number, content) of each field; None for a number. Raises ValueError, IndexError."""
    at = 0
    while at < len(message):
        tag, at = _whole(message, at)
        kind, content = tag & 7, None
        if tag >= _TAGS:
            raise ValueError("a field has no number")
        if kind == _BYTES:
            size, at = _whole(message, at)
            content, at = message[at : at + size], at + size
        elif kind == _VARINT:
            _, at = _whole(message, at)
        elif kind in _WIDTHS:
            at += _WIDTHS[kind]
        else:
            raise ValueError(f"a field is of the kind {kind}")
        if at > len(message):
            raise ValueError("it ends before its end")
        yield tag >> 3, content


def _whole(message: memoryview, at: int) -> tuple[int, int]:
    """(a number of up to ten bytes, where it ends)."""
    number = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
    raise ValueError("a number does not end")
