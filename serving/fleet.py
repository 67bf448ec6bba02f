"""Several processes on one port: each has a socket of its own, and one that dies is replaced."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from shared.logs import log

BACKLOG = 2048
"""So that whoever reads the log line can connect."""
SOON_SECONDS = 1.0
"""A process that ends sooner than this was broken from the start: the next one waits a moment."""

LAST_SECONDS = 12.0
"""How long a process outlives the one that started it at the most: draining takes eight."""

_STOPS = (signal.SIGTERM, signal.SIGINT)

Serve = Callable[[int, socket.socket], None]
"""(number of the process, its socket): serve until SIGTERM."""


def listen(host: str, port: int, count: int) -> list[socket.socket]:
    """`count` sockets of one address, which the kernel spreads connections over. OSError: taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as alone:  # refused where others share that address already
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        alone.bind((host, port))
        port = alone.getsockname()[1]
        if count == 1:
            alone.listen(BACKLOG)
            return [alone.dup()]
    return [_shared(family, host, port) for _ in range(count)]


def _shared(family: int, host: str, port: int) -> socket.socket:
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind((host, port))
    listening.listen(BACKLOG)
    return listening


class Fleet:
    """The processes. This one only starts them, and ends when they have."""

    def __init__(self, sockets: list[socket.socket], serve: Serve) -> None:
        self._sockets = sockets
        self._serve = serve
        self._running: dict[int, tuple[int, float]] = {}
        self._ending = False
        self._alive, self._lifeline = os.pipe()

    def run(self) -> None:
        """Until SIGTERM or Ctrl-C, and until every process has drained."""
        for stop in _STOPS:
            signal.signal(stop, self._end)
        for number in range(len(self._sockets)):
            self._start(number)
        while self._running:
            process, status = os.wait()
            number, began = self._running.pop(process)
            if self._ending:
                continue
            code = os.waitstatus_to_exitcode(status)
            log("a process of serving ended", severity="ERROR", number=number, code=code)
            if time.monotonic() - began < SOON_SECONDS:
                time.sleep(SOON_SECONDS)
            self._start(number)

    def _start(self, number: int) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # none may come between fork and handler
        process = 0 if self._ending else os.fork()
        if process == 0 and not self._ending:
            self._be(number)
        if process:
            self._running[process] = (number, time.monotonic())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)

    def _be(self, number: int) -> NoReturn:
        """The new process: serve, and never return to what the one that started it was at."""
        code = 1
        try:
            for stop in _STOPS:
                signal.signal(stop, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            os.close(self._lifeline)
            for other in {*self._sockets} - {self._sockets[number]}:
                other.close()
            threading.Thread(target=self._watch, daemon=True).start()
            self._serve(number, self._sockets[number])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException as error:
            log("a process of serving failed", severity="ERROR", error=repr(error)[:500])
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _watch(self) -> None:
        """End with the process that started us, however it ended: drained, or at last anyway."""
        os.read(self._alive, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(LAST_SECONDS)
        os._exit(1)

    def _end(self, *_: object) -> None:
        self._ending = True
        for listening in self._sockets:  # so that each is closed once its process closes it
            listening.close()
        for process in list(self._running):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
