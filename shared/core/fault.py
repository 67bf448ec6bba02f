"""Every fault of a predict request's instances, value by value, in order.

Slow and thorough: for requests that the look at whole columns did not pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from shared.core import date
from shared.core.errors import Fault
from shared.core.schema import Feature, Schema
from shared.core.suggestion import nearest

MAX_DEPTH = 16
"""Deepest nesting of an instance for a version without a schema."""

KINDS = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    int: "a number",
    list: "a list",
    str: "text",
    type(None): "null",
}


WANTED = {
    "numeric": "a number",
    "categorical": "text",
    "boolean": "true or false",
    "date": "a date as text in ISO 8601, such as 2026-11-22 or 2026-11-22T13:05:00Z",
}
"""What a feature of each kind takes."""


def kind_of(value: Any) -> str:
    """What a JSON value is, for people."""
    return KINDS.get(type(value), "something else")


def pointer(*parts: str | int) -> str:
    """The JSON pointer (RFC 6901) of a place in the body."""
    return "".join(f"/{str(part)[:80].replace('~', '~0').replace('/', '~1')}" for part in parts)


def faults(instances: list[Any], schema: Schema | None) -> Iterator[Fault]:
    """All that is wrong; without a schema, what no model can take."""
    for index, instance in enumerate(instances):
        if schema is None:
            yield from _unsound(instance, ("instances", index))
        else:
            yield from _instance_faults(instance, schema, index)


def _instance_faults(instance: Any, schema: Schema, index: int) -> Iterator[Fault]:
    if type(instance) is list:
        yield from _list_faults(instance, schema, index)
    elif type(instance) is dict:
        yield from _object_faults(instance, schema, index)
    else:
        kind = kind_of(instance)
        yield Fault(
            pointer("instances", index),
            f"must be a list of {len(schema.features)} values or an object by feature name, "
            f"not {kind}",
        )


def _list_faults(instance: list[Any], schema: Schema, index: int) -> Iterator[Fault]:
    if len(instance) != len(schema.features):
        yield Fault(
            pointer("instances", index),
            f"has {len(instance)} values, the model takes {len(schema.features)}: "
            f"{_names(schema.names)}",
        )
    for place, (feature, value) in enumerate(zip(schema.features, instance, strict=False)):
        yield from _value_faults(feature, value, (index, place))


def _object_faults(instance: dict[str, Any], schema: Schema, index: int) -> Iterator[Fault]:
    missing = [name for name in schema.names if name not in instance]
    if missing:
        yield Fault(pointer("instances", index), f"lacks {_names(missing)}")
    for feature in schema.features:
        if feature.name in instance:
            yield from _value_faults(feature, instance[feature.name], (index, feature.name))
    known = set(schema.names)
    for name in instance:
        if name not in known:
            near = nearest(name[:80], list(missing or schema.names)[:50])
            hint = f"; did you mean {near!r}?" if near else f"; known: {_names(schema.names)}"
            yield Fault(pointer("instances", index, name), f"is no feature of the model{hint}")


def _value_faults(feature: Feature, value: Any, place: tuple[int, str | int]) -> Iterator[Fault]:
    message = _value_fault(feature, value)
    if message:
        yield Fault(pointer("instances", *place), f"{feature.name[:80]} {message}")


def _value_fault(feature: Feature, value: Any) -> str | None:
    wanted = WANTED[feature.kind]
    if value is None:
        return None if feature.nullable else f"must be {wanted}: no value was ever missing here"
    return _FAULT_OF_KIND[feature.kind](feature, value, wanted)


def _no_number(_: Feature, value: Any, wanted: str) -> str | None:
    kind = kind_of(value)
    if kind != "a number":
        return f"must be {wanted}, not {kind}{_quoted(value)}"
    return None if is_finite(value) else "must be a finite number"


def _no_text(_: Feature, value: Any, wanted: str) -> str | None:
    if type(value) is not str:
        return f"must be {wanted}, not {kind_of(value)}"
    return None if is_unicode(value) else "is no valid Unicode text"


def _no_truth(_: Feature, value: Any, wanted: str) -> str | None:
    if type(value) is bool or (type(value) in (int, float) and value in (0, 1)):
        return None
    kind = kind_of(value)
    return f"must be {wanted}, or 0 or 1" + ("" if kind == "a number" else f", not {kind}")


def _no_date(_: Feature, value: Any, wanted: str) -> str | None:
    if type(value) is not str:
        return f"must be {wanted}, not {kind_of(value)}"
    return None if date.numbers(value) else f"must be {wanted}"


_FAULT_OF_KIND: dict[str, Callable[[Feature, Any, str], str | None]] = {
    "numeric": _no_number,
    "categorical": _no_text,
    "boolean": _no_truth,
    "date": _no_date,
}


def _quoted(value: Any) -> str:
    """The hint for a number that came as text."""
    if type(value) is not str or len(value) > 40:
        return ""
    try:
        float(value)
    except ValueError:
        return ""
    return "; send it without quotes"


def _unsound(value: Any, place: tuple[str | int, ...]) -> Iterator[Fault]:
    """What no model can take: too deep, not finite, not Unicode."""
    if isinstance(value, list | dict):
        yield from _unsound_members(value, place)
    elif isinstance(value, str) and not is_unicode(value):
        yield Fault(pointer(*place), "is no valid Unicode text")
    elif isinstance(value, int | float) and not is_finite(value):
        yield Fault(pointer(*place), "must be a finite number")


def _unsound_members(
    value: list[Any] | dict[str, Any], place: tuple[str | int, ...]
) -> Iterator[Fault]:
    if len(place) > MAX_DEPTH:
        yield Fault(pointer(*place), f"is nested more than {MAX_DEPTH} levels deep")
        return
    members: Iterable[tuple[str | int, Any]] = (
        value.items() if isinstance(value, dict) else enumerate(value)
    )
    for key, member in members:
        if isinstance(key, str) and not is_unicode(key):
            yield Fault(pointer(*place, key), "has a name that is no valid Unicode text")
        yield from _unsound(member, (*place, key))


def _names(names: Sequence[str]) -> str:
    listed = ", ".join(name[:80] for name in names[:20])
    return f"{listed} and {len(names) - 20} more" if len(names) > 20 else listed


def is_finite(value: float) -> bool:
    """Whether the number is one that a float can hold."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_unicode(text: str) -> bool:
    """Whether the text has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
