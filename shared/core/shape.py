"""What the parts of a model card may be. Whoever may write a model's directory may write any card,
and one that is none must stop its own version only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.core.fault import WANTED, is_finite

Check = Callable[[Any], bool]

DEEPEST = 20
"""Levels of what is told as it stands: estimator and metrics."""


def wrong(value: Any, shape: Mapping[str, Check] | None = None) -> str:
    """The first part of a card that is not what it must be, "" where all are."""
    if not isinstance(value, dict):
        return "the whole"
    found = (name for name, check in (shape or _CARD).items() if not check(value.get(name)))
    return next(found, "")


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(value: Any) -> bool:
    return type(value) in (int, float) and is_finite(value)


def _list(value: Any) -> bool:
    return isinstance(value, list)


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _parts(shape: Mapping[str, Check]) -> Check:
    return lambda value: not wrong(value, shape)


def _features(value: Any) -> bool:
    if not _list_of(_parts(_FEATURE))(value):
        return False
    return len({feature["name"] for feature in value}) == len(value)


def _told(value: Any) -> bool:
    return isinstance(value, dict) and _is_flat(value, DEEPEST)


def _is_flat(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_flat(one, levels - 1) for one in inner)


_FEATURE: Mapping[str, Check] = {
    "name": _text,
    "kind": lambda value: _text(value) and value in WANTED,
    "minimum": _maybe(_number),
    "maximum": _maybe(_number),
    "categories": _list_of(_text),
    "nullable": lambda value: isinstance(value, bool),
}
_SCHEMA: Mapping[str, Check] = {
    "features": _features,
    "target": _text,
    "classes": _maybe(_list_of(_text)),
    "left_out": _maybe(_list_of(_text)),
}
_SOURCE: Mapping[str, Check] = {
    "bucket": _text,
    "name": _text,
    "generation": lambda value: _text(value) and value.isascii() and value.isdecimal(),
    "time_created": _text,
}
_GOLDEN: Mapping[str, Check] = {
    "instances": _list_of(_list),
    "predictions": _list,
    "tolerance": _number,
}
_CARD: Mapping[str, Check] = {
    "model": _text,
    "version": _text,
    "source": _parts(_SOURCE),
    "schema": _parts(_SCHEMA),
    "estimator": _told,
    "metrics": _told,
    "golden": _parts(_GOLDEN),
    "files": lambda value: _object(value) and all(map(_object, value.values())),
    "libraries": lambda value: _object(value) and all(map(_text, value.values())),
    "warnings": _list_of(_object),
    "facts": lambda value: _object(value) and _maybe(_object)(value.get("portable")),
}
