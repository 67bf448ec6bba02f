"""Cloud Run's door on this machine: a service lets in whom the plan gives `run.invoker` on it.

Stands before a service of a local cloud as Google's own front end does: no token, a wrong one, or
one of an account that the table does not name, and the service never hears of the request.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from google.auth import jwt
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from shared.core import roles
from tests.asgi import served

SERVICES = sorted({call.service for call in roles.CALLS})
_TIMEOUT = 60.0


@dataclass
class Doors:
    """urls: service -> address of its door. behind: service -> address of itself. granted: who may
    call whom. denied: who was turned away, at which service."""

    urls: dict[str, str] = field(default_factory=dict)
    behind: dict[str, str] = field(default_factory=dict)
    certificates: Callable[[], Any] = dict
    granted: set[tuple[str, str]] = field(
        default_factory=lambda: {(call.caller, call.service) for call in roles.CALLS}
    )
    denied: list[tuple[str, str]] = field(default_factory=list)

    def account(self, service: str, authorization: str) -> str:
        """The account that a token for this service proves. Raises ValueError."""
        token = authorization.partition("Bearer ")[2]
        audience = [self.urls[service], self.urls[service] + "/"]
        claims = jwt.decode(token, certs=self.certificates(), audience=audience)
        return str(claims["email"]).partition("@")[0]


@contextmanager
def doors() -> Iterator[Doors]:
    """A door for each service; what stands behind them is told later."""
    made = Doors()
    with ExitStack() as stack:
        for service in SERVICES:
            client = stack.enter_context(served(_Door(service, made)))
            made.urls[service] = f"http://127.0.0.1:{client.port}"
        yield made


@dataclass
class _Door:
    """ASGI: one service's door."""

    service: str
    doors: Doors

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        answer = await run_in_threadpool(self._answer, request, await request.body())
        await answer(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        try:
            account = self.doors.account(self.service, request.headers.get("authorization", ""))
        except ValueError as error:
            return PlainTextResponse(str(error), 401)
        if (account, self.service) not in self.doors.granted:
            self.doors.denied.append((account, self.service))
            return PlainTextResponse("Your client does not have permission.", 403)
        return self._pass_on(request, body)

    def _pass_on(self, request: Request, body: bytes) -> Response:
        place = urlsplit(self.doors.behind[self.service])
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_TIMEOUT)
        query = f"?{request.url.query}" if request.url.query else ""
        target = request.scope["raw_path"].decode("ascii") + query
        kept = {n: v for n, v in request.headers.items() if n not in ("host", "content-length")}
        try:
            connection.request(request.method, target, body, kept)
            answer = connection.getresponse()
            told = {n: v for n, v in answer.getheaders() if n.lower() in _TOLD}
            return Response(answer.read(), answer.status, told)
        finally:
            connection.close()


_TOLD = ("content-type", "x-model-version")
