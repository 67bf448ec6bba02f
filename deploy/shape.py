"""Whether what Google Cloud has is what the plan wants: shapes, which are plain data.

A mapping matches one that has at least its keys, a list one that has at least its items in any
order, anything else what is equal when written out (Google writes many numbers as text).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Shape = Any

ABSENT = "<absent>"
"""Instead of a value: the key must not be there, or hold nothing."""


_ANY = "<any of>"


_NONE = "<none of>"


def any_of(*shapes: Shape) -> Shape:
    """Matches what one of the shapes matches."""
    return {_ANY: list(shapes)}


_OTHER = "<other than>"


def other_than(value: str) -> Shape:
    """Matches what is there and is not this value."""
    return {_OTHER: value}


def none_of(shape: Shape) -> Shape:
    """Matches a list without an item that the shape matches, and where there is nothing."""
    return {_NONE: shape}


def matches(wanted: Shape, found: Any) -> bool:
    """Whether `found` has all that `wanted` asks for."""
    if wanted == ABSENT:
        return not found
    if wanted == {}:
        return True
    if isinstance(wanted, Mapping) and _ANY in wanted:
        return any(matches(shape, found) for shape in wanted[_ANY])
    if isinstance(wanted, Mapping) and _OTHER in wanted:
        return bool(found) and str(found) != wanted[_OTHER]
    if isinstance(wanted, Mapping) and _NONE in wanted:
        return not any(matches(wanted[_NONE], item) for item in found or ())
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            matches(value, found.get(key)) for key, value in wanted.items()
        )
    if isinstance(wanted, list | tuple):
        return isinstance(found, list) and all(
            any(matches(item, other) for other in found) for item in wanted
        )
    if isinstance(wanted, bool) or wanted is None:
        return found is wanted
    return str(wanted) == str(found)


def at(found: Any, path: str) -> Any:
    """What stands at a path of keys with dots between; None where there is nothing."""
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
