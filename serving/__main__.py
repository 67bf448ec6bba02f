"""`python -m serving`: one process of the prediction service."""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import NoReturn

import uvicorn

from serving.access import google_access
from serving.application import Application
from serving.configuration import Configuration
from serving.identity import identity_of
from serving.sandbox.nursery import Nursery
from shared.core.settings import SettingsError
from shared.logs import log

KEEP_ALIVE_SECONDS = 75
"""Longer than any client's pool keeps an idle connection, so that none meets a closed one."""
DRAIN_SECONDS = 8
"""Cloud Run kills ten seconds after SIGTERM."""


def main() -> int:
    """Serve until SIGTERM or Ctrl-C, then finish what is under way."""
    # Threads of one small prediction cost more than they save; read when numpy is imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        configuration = Configuration.from_environment(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    nursery = Nursery(configuration.model_process_bytes, configuration.max_model_bytes)
    application = Application(
        configuration, google_access(configuration), identity_of(configuration), nursery
    )
    try:
        listening = _listen(configuration.host, configuration.port)
    except OSError as error:
        print(
            f"Cannot listen on {configuration.host}:{configuration.port}: {error.strerror}. "
            "Set PORT to a free one.",
            file=sys.stderr,
        )
        return 2
    log("serving listens", port=listening.getsockname()[1], plane=configuration.serving_plane)
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _end)
    uvicorn.Server(_server(application)).run(sockets=[listening])
    return 0


def _end(*_: object) -> NoReturn:
    """uvicorn drains on these signals and raises them again when it is done: that is no failure."""
    raise SystemExit(0)


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(2048)  # so that whoever reads the log line below can connect
    return listening


def _server(application: Application) -> uvicorn.Config:
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


if __name__ == "__main__":
    sys.exit(main())
