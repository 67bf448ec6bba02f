"""One process that answers for every Google API on this laptop: `python -m localcloud.googleapis`.

Storage, Eventarc, sign-on keys, Cloud Logging and the local cloud's own routes share one port; the
metadata servers have one port for each account. All on 127.0.0.1, all in one event loop.
"""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.stage import ROOT
from localcloud import admin, customjobroute, jobroute, logging, metadata, signon
from localcloud import storage as gcs
from localcloud.caller import caller_of
from localcloud.configuration import Configuration
from localcloud.eventarc import ACCOUNT, Eventarc, triggers_of
from localcloud.jobs import Jobs
from localcloud.loopback import Loopback
from localcloud.ml import route as mlroute
from localcloud.ml.forward import Forward
from localcloud.ml.jobs import Jobs as TrainingJobs
from localcloud.switch import Switches
from localcloud.tokens import Tokens
from shared.core import roles
from shared.logs import log

ADDRESS = "127.0.0.1"
PORT = "googleapis"


class ByPort:
    """ASGI: each listening port has its own application."""

    def __init__(self, main: ASGIApp, others: Mapping[int, ASGIApp]) -> None:
        self._main = main
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the port that the request came in at; everything else is the main one's."""
        server = scope.get("server") or ("", 0)
        await self._others.get(server[1], self._main)(scope, receive, send)


def application(configuration: Configuration) -> ASGIApp:
    """The whole of it. Opens the state folder; Eventarc begins with the application's lifespan."""
    state = Path(configuration.state)
    tokens = Tokens(state / "keys")
    storage = gcs.Storage(state / "storage", switches=gcs.Switches.of(configuration.switches))
    for name in configuration.buckets.values():
        storage.ensure_bucket(name)
    access = gcs.Access.of(configuration, storage.switches)
    eventarc = Eventarc(
        database_file(storage),
        triggers_of(configuration.triggers),
        partial(tokens.identity, roles.email(ACCOUNT, configuration.project)),
        time_scale=configuration.time_scale,
        switches=Switches.of(configuration.switches),
    )
    storage.on_finalized = eventarc.notify
    jobs, training = Jobs(configuration), TrainingJobs(configuration, ROOT)
    caller, serving = caller_of(tokens), Forward(configuration.url("serving"))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await eventarc.start()
        jobs.resume()
        training.resume()
        log("google apis answer", address=configuration.url(PORT))
        async with serving.opened():
            yield
        await training.stop()
        await eventarc.stop()
        await jobs.stop()
        storage.close()

    main = Starlette(
        routes=[
            *admin.routes(eventarc, tokens),
            *signon.routes(tokens),
            *logging.routes(state / "logs", configuration.project, caller),
            *jobroute.routes(jobs, caller, configuration),
            *customjobroute.routes(jobs, caller, configuration),
            *mlroute.routes(training, caller, configuration.project),
            serving.route("/v1/projects"),
            *gcs.admin_routes(storage),
            *gcs.routes(storage, caller, access),
        ],
        lifespan=lifespan,
    )
    accounts = metadata.accounts_by_port(configuration)
    servers = metadata.application(configuration.project, accounts, tokens)
    return Loopback(ByPort(main, dict.fromkeys(accounts, servers)))


def database_file(storage: gcs.Storage) -> Path:
    """The sqlite file of the store, which Eventarc opens for itself."""
    return Path(storage.database.execute("PRAGMA database_list").fetchone()[2])


def listen(port: int) -> socket.socket:
    """A listening socket on the loopback. Raises OSError with what to do where the port is busy."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise OSError(
            error.errno,
            f"port {port} on {ADDRESS} cannot be used ({error.strerror}); stop what listens there",
        ) from error
    return listener


def serve(configuration: Configuration) -> None:
    """Answer until SIGTERM or SIGINT, then stop cleanly."""
    ports = [configuration.ports[PORT], *metadata.accounts_by_port(configuration)]
    sockets = [listen(port) for port in ports]
    server = uvicorn.Server(
        uvicorn.Config(
            application(configuration),
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            access_log=False,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=3,
        )
    )
    # uvicorn stops on these by itself, then raises them again for the handlers that it found.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    server.run(sockets)
    log("google apis stopped")


def main() -> int:
    """Entry point of `python -m localcloud.googleapis --state DIR`."""
    parser = argparse.ArgumentParser(prog="localcloud.googleapis", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the local cloud's folder")
    state = parser.parse_args().state
    try:
        serve(Configuration.load(state))
    except OSError as error:
        log(f"google apis cannot start: {error}", severity="ERROR")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
