"""The HTTP server of one process: uvicorn, which drains before it ends."""

from __future__ import annotations

import asyncio
import signal
import socket

import uvicorn

from serving.application import Application

KEEP_ALIVE_SECONDS = 75
"""Longer than any client's pool keeps an idle connection, so that none meets a closed one."""
DRAIN_SECONDS = 8
"""Cloud Run kills ten seconds after SIGTERM."""
LISTEN_ON_SECONDS = 0.3
"""After SIGTERM requests that were sent before it may still lie unread in open connections."""


class Server(uvicorn.Server):
    """Between SIGTERM and closing, it answers what is on its way and asks clients to go."""

    def __init__(self, application: Application) -> None:
        super().__init__(_config(application))
        self._application = application

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what arrives for a moment longer, then close, then wait for what is under way."""
        self._application.drain()
        if self.server_state.connections:
            await asyncio.sleep(LISTEN_ON_SECONDS)
        await super().shutdown(sockets)


def serve(application: Application, listening: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what is under way and end the process.

    uvicorn handles these signals once it runs. Until then a handler that raised could raise where
    somebody swallows it, and the process would serve for ever: this one only remembers.
    """
    server = Server(application)
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, server.handle_exit)
    server.run(sockets=[listening])


def _config(application: Application) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
