"""Starts the processes in which models are unpickled: forks of a template, started once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field

from serving.sandbox.frame import KILL, SPAWN, WORD
from shared.core.errors import PlatformUnavailable

LOAD_SECONDS = 60
"""Seconds, and seconds of CPU, that a model file may take to load."""

_ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "JOBLIB_MULTIPROCESSING": "0"}
"""A model's process may start no thread: estimators that ask for some compute in their own."""


@dataclass(frozen=True)
class Cell:
    """A started process: its end of the socket, and its number."""

    channel: socket.socket
    process: int


@dataclass
class Nursery:
    """One template for this process. memory_bytes: for each model; max_bytes: of a model file."""

    memory_bytes: int = 2_000_000_000
    max_bytes: int = 500_000_000
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _control: socket.socket | None = None
    _template: subprocess.Popen[bytes] | None = None

    def spawn(self) -> Cell:
        """A new process, waiting for a model file. Blocks: call it from a thread.

        Raises PlatformUnavailable.
        """
        with self._lock:
            for _ in range(2):  # a template that was killed is started again
                ours, theirs = socket.socketpair()
                with theirs:
                    process = self._forked(theirs)
                if process:
                    return Cell(ours, process)
                ours.close()
        raise PlatformUnavailable("no process can be started to load the model in")

    def kill(self, process: int) -> None:
        """End one that hangs."""
        with self._lock:
            if self._control:
                try:
                    self._control.sendall(WORD.pack(KILL, process))
                except OSError:
                    self._end()

    def close(self) -> None:
        """End the template and all its processes."""
        with self._lock:
            self._end()

    def _forked(self, theirs: socket.socket) -> int:
        if self._control is None:
            self._start()
        assert self._control
        try:
            socket.send_fds(self._control, [WORD.pack(SPAWN, 0)], [theirs.fileno()])
            word = self._control.recv(WORD.size)
        except OSError:
            word = b""
        process: int = WORD.unpack(word)[1] if len(word) == WORD.size else 0
        if not process:
            self._end()
        return process

    def _start(self) -> None:
        self._control, theirs = socket.socketpair()
        bounds = map(str, (theirs.fileno(), self.memory_bytes, self.max_bytes, LOAD_SECONDS))
        with theirs:
            self._template = subprocess.Popen(
                [sys.executable, "-m", "serving.sandbox.template", *bounds],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **_ALONE},
            )

    def _end(self) -> None:
        if self._control:
            self._control.close()
            self._control = None
        if self._template:
            self._template.wait()
            self._template = None
