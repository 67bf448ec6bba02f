"""Partial responses: the `fields` parameter, as in `items(name,size),nextPageToken`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from localcloud.storage.error import invalid

Mask = dict[str, "Mask"]
"""Which keys are wanted; an empty mask below a key wants all of it."""


def select(value: Any, fields: str) -> Any:
    """Only the wanted parts. Raises ApiError (400) for a mask that cannot be read."""
    return _apply(value, parse(fields))


@lru_cache(maxsize=256)
def parse(text: str) -> Mask:
    """`a/b,c(d,e),*` as a mask."""
    mask, end = _parse(text, 0)
    if end != len(text):
        raise invalid(f"Invalid field selection {text[:80]}")
    return mask


def _parse(text: str, at: int) -> tuple[Mask, int]:
    mask: Mask = {}
    here, key = mask, ""
    while at <= len(text):
        character = text[at] if at < len(text) else ")"
        if character in "/,()" and key:
            here = here.setdefault(key.strip(), {})
            key = ""
        if character == "(":
            inner, at = _parse(text, at + 1)
            here.update(inner)
            if text[at : at + 1] != ")":
                raise invalid(f"Invalid field selection {text[:80]}")
        elif character == ",":
            here = mask
        elif character == ")":
            break
        elif character != "/":
            key += character
        at += 1
    return mask, min(at, len(text))


def _apply(value: Any, mask: Mask) -> Any:
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [_apply(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _apply(value[key], inner) for key, inner in mask.items() if key in value}
