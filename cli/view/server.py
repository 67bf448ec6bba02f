"""The proxy: everything goes to predict, but what lies below /_open/, which comes from buckets."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli.target import Target
from cli.view.forward import Forward
from cli.view.gate import Gate
from cli.view.page import beginning, told
from cli.view.shelf import HEADERS, ROOT, object_path, status_path

ADDRESS = "127.0.0.1"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def listen(port: int = 0) -> socket.socket:
    """A listening socket on this machine only; port 0: any free one. Raises OSError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def application(target: Target, address: str) -> Gate:
    """The proxy behind its gate. address: its own."""
    forward = Forward()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with forward:
            yield

    async def begin(_: Request) -> Response:
        links = {"Ask for predictions": "/", "Status of all models": status_path(target)}
        return beginning(target.name or "local cloud", target.email, links)

    async def show(request: Request) -> Response:
        bucket, name = request.path_params["bucket"], request.path_params["name"]
        path = object_path(target, bucket, name)
        if not path:
            return told(404, "Only status pages and reports are shown here.")
        answer = await forward.fetched(target.storage, path, HEADERS)
        missing = f"gs://{bucket}/{name} is not there (yet)."
        return told(404, missing) if answer.status_code == 404 else answer

    async def ask(request: Request) -> Response:
        return await forward.passed(request, target.predict)

    routes = [
        Route(ROOT, begin),
        Route(f"{ROOT}{{bucket}}/{{name:path}}", show),
        Route("/{path:path}", ask, methods=METHODS),
    ]
    return Gate(Starlette(routes=routes, lifespan=lifespan), address)


def serve(target: Target, port: int, say: Callable[[str], None]) -> None:
    """Answer until Ctrl-C. say: is told where. Raises OSError where the port is taken."""
    with listen(port) as listener:
        address = f"http://{ADDRESS}:{listener.getsockname()[1]}"
        made = application(target, address)
        say(f"open {made.link()}")
        say(f"then {address}{ROOT} has status pages and reports; Ctrl-C ends it")
        uvicorn.Server(
            uvicorn.Config(
                made,
                lifespan="on",
                ws="none",
                access_log=False,
                log_level="warning",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        ).run([listener])
