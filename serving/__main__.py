"""`python -m serving`: the prediction service, in one process or in several on one port."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from serving.access import google_access
from serving.application import Application
from serving.configuration import Configuration
from serving.fleet import Fleet, listen
from serving.identity import Identity, identity_of
from serving.measure import Measure
from serving.sandbox.nursery import Nursery
from serving.server import serve
from serving.sibling import Siblings
from shared.core.setting import SettingsError
from shared.logs import log

_ARENAS = -8
"""M_ARENA_MAX of malloc.h."""


def main() -> int:
    """Serve until SIGTERM or Ctrl-C, then finish what is under way."""
    # Threads of one small prediction cost more than they save; read when numpy is imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    _keep_little_memory()
    try:
        configuration = Configuration.from_environment(os.environ)
        identity = identity_of(configuration)
    except SettingsError as error:
        log(str(error), severity="ERROR", code=error.code)
        return 2
    host, port, workers = configuration.host, configuration.port, configuration.workers
    try:
        sockets = listen(host, port, workers)
    except OSError as error:
        told = f"Cannot listen on {host}:{port}: {error.strerror}. Set PORT to a free one."
        log(told, severity="ERROR")
        return 2
    log("serving listens", port=sockets[0].getsockname()[1], plane=configuration.serving_plane)
    if workers == 1:
        serve(_application(configuration, identity, None, 0), sockets[0])
        return 0
    with tempfile.TemporaryDirectory(prefix="serving-") as folder:

        def work(number: int, listening: socket.socket) -> None:
            serve(_application(configuration, identity, Path(folder), number), listening)

        Fleet(sockets, work).run()
    return 0


def _keep_little_memory() -> None:
    """Have all threads share two of glibc's arenas: each keeps what its largest request took."""
    with suppress(OSError, AttributeError, TypeError):  # another C library has none
        ctypes.CDLL(None).mallopt(_ARENAS, 2)


def _application(
    configuration: Configuration, identity: Identity, folder: Path | None, number: int
) -> Application:
    return Application(
        configuration,
        google_access(configuration),
        identity,
        Nursery(configuration.model_process_bytes, configuration.max_model_bytes),
        Siblings(Measure(), folder, number),
    )


if __name__ == "__main__":
    sys.exit(main())
