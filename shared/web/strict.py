"""JSON read slowly, to tell what is wrong with it: where it breaks, and members given twice."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from shared.core.errors import Fault, InstancesRejected
from shared.core.fault import MAX_DEPTH, pointer
from shared.web.refusal import Refusal

LISTED = 100
LARGEST = 2**64
DEEPEST = 500
"""Levels that are read at all. A limit of our own, because each Python has another."""

_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""A text is passed over whole, its end or none: looking for one from each quote is quadratic."""


def loads(body: bytes) -> tuple[Any, list[Fault]]:
    """The value, and a fault for each member given twice (the last one counts).

    NaN and infinities come through as floats, to be told by place later. Raises Refusal (400) for
    what is no JSON, InstancesRejected for what is nested too deep to read.
    """
    seen: dict[int, tuple[dict[str, Any], list[str]]] = {}

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(members)
        if len(value) < len(members):
            counts = Counter(name for name, _ in members)
            twice = [name for name, count in counts.items() if count > 1][:LISTED]
            seen[id(value)] = (value, twice)  # holds it, so that its id stays its own
        return value

    text = _text(body)
    if _too_deep(text):
        raise InstancesRejected(Fault("", f"is nested more than {DEEPEST} levels deep"))
    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise _no_json(f"{error.msg} at line {error.lineno} column {error.colno}") from None
    doubled = {key: twice for key, (_, twice) in seen.items()}
    return value, list(_doubled(value, doubled, ()))[:LISTED] if doubled else []


def _too_deep(text: str) -> bool:
    depth = 0
    for found in _BRACKET.finditer(text):
        mark = found[0]
        depth += (mark in "[{") - (mark in "]}")
        if depth > DEEPEST:
            return True
    return False


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise _no_json(f"byte {error.start} is not UTF-8") from None


def _whole(digits: str) -> float:
    """A whole number as orjson reads it: beyond 64 bits it is a float."""
    number = int(digits) if len(digits) < 22 else float(digits)
    return number if -LARGEST // 2 <= number < LARGEST else float(number)


def _doubled(
    value: Any, twice: dict[int, list[str]], place: tuple[str | int, ...]
) -> Iterator[Fault]:
    if len(place) > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for name in twice.get(id(value), ()):
            yield Fault(pointer(*place, name), "is given more than once")
        for name, member in value.items():
            yield from _doubled(member, twice, (*place, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _doubled(member, twice, (*place, index))


def _no_json(reason: str) -> Refusal:
    return Refusal(400, "malformed_json", f"The body is no JSON: {reason}.")
