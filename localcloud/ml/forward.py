"""Hands every other method of ml v1 on to `serving`, unchanged in both directions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import aiohttp
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from localcloud.rpc import refusal

METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT"]
_OF_ONE_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "host", "content-length", "date", "server"}
)
_TIMEOUT = aiohttp.ClientTimeout(total=300, connect=5)


class Forward:
    """The way to one address. Open it as a context before requests come."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Keep connections while it lasts."""
        async with aiohttp.ClientSession(timeout=_TIMEOUT, auto_decompress=False) as self._session:
            yield
        self._session = None

    def route(self, path: str) -> Route:
        """Everything below a path."""
        return Route(path + "/{rest:path}", self._hand_on, methods=METHODS)

    async def _hand_on(self, request: Request) -> Response:
        assert self._session
        query = f"?{request.url.query}" if request.url.query else ""
        raw = request.scope["raw_path"].decode("ascii")
        try:
            async with self._session.request(
                request.method,
                f"{self._address}{raw}{query}",
                headers=_passing(request.headers.items()),
                data=await request.body(),
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            message = f"serving does not answer: {type(error).__name__}"
            return refusal(503, "UNAVAILABLE", message)
        return Response(body, answer.status, _passing(answer.headers.items()))


def _passing(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The headers that are meant for the other end."""
    return {name: value for name, value in headers if name.lower() not in _OF_ONE_HOP}
