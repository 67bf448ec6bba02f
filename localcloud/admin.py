"""The local cloud's own routes, below /_local/: tokens for people, and what tests turn and read.

Google has nothing of the kind. localcloud.loopback keeps web pages away from them.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.eventarc import Eventarc
from localcloud.rpc import json_object, told
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
            eventarc.switches = eventarc.switches.changed(await json_object(request))
        return JSONResponse(eventarc.switches.as_dict())

    async def dead_letters(_: Request) -> Response:
        return JSONResponse({"dead_letters": eventarc.queue.dead_letters()})

    async def redrive(request: Request) -> Response:
        ids = (await json_object(request)).get("ids")
        if not (ids is None or isinstance(ids, list)):
            raise ValueError("ids must be a list of dead letters' ids; leave it out for all")
        return JSONResponse({"redriven": await eventarc.redrive(ids)})

    return [
        Route("/_local/eventarc/statistics", statistics),
        Route("/_local/eventarc/idle", told(idle)),
        Route("/_local/eventarc/switches", told(switches), methods=["GET", "POST"]),
        Route("/_local/eventarc/dead-letters", dead_letters),
        Route("/_local/eventarc/redrive", told(redrive), methods=["POST"]),
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
        kid = tokens.rotate(forget=bool((await json_object(request)).get("forget")))
        return JSONResponse({"kid": kid})

    return [
        Route("/_local/identity", told(identity)),
        Route("/_local/metadata/rotate", told(rotate), methods=["POST"]),
    ]


async def _ready(_: Request) -> Response:
    return JSONResponse({"ready": True})
