"""Request headers as one mapping."""

from __future__ import annotations

from collections.abc import Iterable


def joined(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in lower case; a header that came twice is joined by a comma, never chosen from."""
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
