"""A document that seldom changes: sent once, then only confirmed (ETag)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from shared.web.answer import Answer


def document(body: Any, headers: Mapping[str, str]) -> Answer:
    """The document as JSON, or 304 where the caller has it already. headers: of the request."""
    return unchanged_or(orjson.dumps(body), "application/json", headers)


def unchanged_or(
    data: bytes, media_type: str, headers: Mapping[str, str], more: Mapping[str, str] | None = None
) -> Answer:
    """The bytes, or 304 where the caller has them already. more: headers that go out with both."""
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    told = {"ETag": tag, "Cache-Control": "private, no-cache", **(more or {})}
    known = {
        each.strip().removeprefix("W/") for each in headers.get("if-none-match", "").split(",")
    }
    if known & {tag, "*"}:
        return Answer(304, b"", headers=told)
    return Answer(200, data, media_type, told)
