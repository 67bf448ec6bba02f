"""JSON answers and error answers of everything but `:predict`."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

from serving.refusal import refusal_of
from shared.logs import log


def respond(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(body), status, media_type="application/json; charset=UTF-8")


def refuse(error: Exception) -> Response:
    """An error answer; what is our own fault is logged, with its kind but without its data."""
    refusal = refusal_of(error)
    if refusal.http_status >= 500:
        log("a call failed", severity="ERROR", error=f"{type(error).__name__}: {error}"[:500])
    return respond(refusal.body(), refusal.http_status)
