"""The local cloud's own routes, below /_local/: tokens for people, and what tests turn and read.

Google has nothing of the kind. localcloud.loopback keeps web pages away from them.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.eventarc import Eventarc
from localcloud.switch import WrongSwitch
from localcloud.tokens import Tokens

PREFIX = "/_local/"
_LONGEST_WAIT = 3600.0


def routes(eventarc: Eventarc, tokens: Tokens) -> list[Route]:
    """Every route of this module."""
    return [
        Route("/_local/ready", _ready),
        *_eventarc_routes(eventarc),
        *_token_routes(tokens),
    ]


def _eventarc_routes(eventarc: Eventarc) -> list[Route]:
    async def statistics(_: Request) -> Response:
        return JSONResponse(eventarc.statistics())

    async def idle(request: Request) -> Response:
        seconds = float(request.query_params.get("timeout", "30"))
        if not 0 <= seconds <= _LONGEST_WAIT:
            raise ValueError(f"timeout must be 0 to {_LONGEST_WAIT:.0f} seconds")
        quiet = await eventarc.idle(seconds)
        answer = {"idle": quiet, "pending": eventarc.under_way}
        return JSONResponse(answer, 200 if quiet else 504)

    async def switches(request: Request) -> Response:
        if request.method == "POST":
            eventarc.switches = eventarc.switches.changed(await _object(request))
        return JSONResponse(eventarc.switches.as_dict())

    async def dead_letters(_: Request) -> Response:
        return JSONResponse({"dead_letters": eventarc.queue.dead_letters()})

    async def redrive(request: Request) -> Response:
        ids = (await _object(request)).get("ids")
        if not (ids is None or isinstance(ids, list)):
            raise ValueError("ids must be a list of dead letters' ids; leave it out for all")
        return JSONResponse({"redriven": await eventarc.redrive(ids)})

    return [
        Route("/_local/eventarc/statistics", statistics),
        Route("/_local/eventarc/idle", _plainly(idle)),
        Route("/_local/eventarc/switches", _plainly(switches), methods=["GET", "POST"]),
        Route("/_local/eventarc/dead-letters", dead_letters),
        Route("/_local/eventarc/redrive", _plainly(redrive), methods=["POST"]),
    ]


def _token_routes(tokens: Tokens) -> list[Route]:
    async def identity(request: Request) -> Response:
        query = request.query_params
        email, audience = query.get("email", ""), query.get("audience", "")
        if "@" not in email or not audience:
            raise ValueError("email and audience are both needed")
        headers = {"Cache-Control": "no-store"}
        return JSONResponse({"token": tokens.identity(email, audience)}, headers=headers)

    async def rotate(request: Request) -> Response:
        kid = tokens.rotate(forget=bool((await _object(request)).get("forget")))
        return JSONResponse({"kid": kid})

    return [
        Route("/_local/identity", _plainly(identity)),
        Route("/_local/metadata/rotate", _plainly(rotate), methods=["POST"]),
    ]


async def _ready(_: Request) -> Response:
    return JSONResponse({"ready": True})


async def _object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; an empty body is an empty object."""
    body = await request.body()
    value = json.loads(body) if body.strip() else {}
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


Endpoint = Callable[[Request], Awaitable[Response]]


def _plainly(endpoint: Endpoint) -> Endpoint:
    """Answer 400 with the reason where the endpoint finds the request wrong."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (WrongSwitch, ValueError) as error:
            return JSONResponse({"error": {"code": 400, "message": str(error)}}, 400)

    return answer
