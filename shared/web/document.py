"""A JSON document that seldom changes: sent once, then only confirmed (ETag)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from shared.web.answer import Answer


def document(body: Any, headers: Mapping[str, str], media_type: str = "application/json") -> Answer:
    """The document, or 304 where the caller has it already. headers: of the request."""
    data = orjson.dumps(body)
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    told = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = {
        each.strip().removeprefix("W/") for each in headers.get("if-none-match", "").split(",")
    }
    if known & {tag, "*"}:
        return Answer(304, b"", headers=told)
    return Answer(200, data, media_type, told)
