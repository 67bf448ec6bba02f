"""The ASGI application: `:predict` goes straight to the data plane, the rest through routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from serving.access import Access
from serving.answer import respond
from serving.assembly import Assembly
from serving.configuration import Configuration
from serving.data import DataPlane
from serving.identity import Identity
from serving.pools import Pools
from serving.portable import runtime
from serving.sandbox.nursery import Nursery
from serving.unoffered import unoffered


class Application:
    """The service of one process."""

    def __init__(
        self,
        configuration: Configuration,
        access: Access,
        identity: Identity,
        nursery: Nursery,
    ) -> None:
        self._configuration = configuration
        self._nursery = nursery
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
        if scope["type"] == "http" and self._data is not None and self._data.takes(scope):
            await self._data(scope, receive, send)
        else:
            await self._routed(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        plane = self._configuration.serving_plane
        pools = Pools()
        assembly = Assembly(self._configuration, self._access, self._identity, pools, self._nursery)
        if plane != "control":
            self._data = assembly.data_plane()
            pools.loading.submit(runtime)
        part = assembly.lookup() if plane == "data" else assembly.control_plane(self._data)
        self._routed.router.routes.extend(part.routes())
        yield
        if self._data:
            self._data.close()
        pools.shutdown()


async def _health(_: Request) -> Response:
    return respond({"status": "ok"})
