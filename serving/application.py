"""The ASGI application: `:predict` goes straight to the data plane, the rest through routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from serving.access import Access
from serving.answer import refuse, respond
from serving.assembly import Assembly
from serving.configuration import Configuration
from serving.data import DataPlane
from serving.identity import Identity
from serving.measure import CONTENT_TYPE, openmetrics
from serving.pools import Pools
from serving.portable import runtime
from serving.refusal import refusal_of
from serving.sandbox.nursery import Nursery
from serving.sibling import Siblings
from serving.unoffered import unoffered
from shared.core.errors import DropserveError


class Application:
    """The service of one process."""

    def __init__(
        self,
        configuration: Configuration,
        access: Access,
        identity: Identity,
        nursery: Nursery,
        siblings: Siblings,
    ) -> None:
        self._configuration = configuration
        self._nursery = nursery
        self._siblings = siblings
        self._draining = False
        self._access = access
        self._identity = identity
        self._data: DataPlane | None = None
        self._routed = Starlette(
            routes=[Route("/healthz", _health)],
            exception_handlers={404: unoffered, 405: unoffered},
            lifespan=self._lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the lifespan."""
        if self._draining:
            send = _asking_to_go(send)
        if scope["type"] == "http" and self._data is not None and self._data.takes(scope):
            await self._data(scope, receive, send)
        else:
            await self._routed(scope, receive, send)

    def drain(self) -> None:
        """From now on every answer asks its client to close the connection."""
        self._draining = True

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        plane = self._configuration.serving_plane
        pools = Pools()
        assembly = Assembly(
            self._configuration,
            self._access,
            self._identity,
            pools,
            self._nursery,
            self._siblings.measure,
        )
        if plane != "control":
            self._data = assembly.data_plane()
            self._routed.router.routes.append(self._numbers(self._data))
            pools.loading.submit(runtime)
        part = assembly.lookup() if plane == "data" else assembly.control_plane(self._data)
        self._routed.router.routes.extend(part.routes())
        await self._siblings.open()
        yield
        self._siblings.close()
        if self._data:
            self._data.close()
        pools.shutdown()

    def _numbers(self, data: DataPlane) -> Route:
        """`GET /metrics`: what all processes of this port count."""

        async def answer(request: Request) -> Response:
            try:
                await data.admit(request.scope)
            except DropserveError as error:
                return refuse(refusal_of(error))
            measure = await self._siblings.sum()
            return Response(openmetrics(measure), media_type=CONTENT_TYPE)

        return Route("/metrics", answer)


def _asking_to_go(send: Send) -> Send:
    async def ask(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"connection", b"close")]
            message = {**message, "headers": headers}
        await send(message)

    return ask


async def _health(_: Request) -> Response:
    return respond({"status": "ok"})
