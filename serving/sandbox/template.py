"""`python -m serving.sandbox.template FD ...`: a process that has imported scikit-learn and forks.

Each fork is one model's process. It imports once what all of them need, so that a fork takes
milliseconds, and none of them has to open a file any more.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import sys
import warnings
from contextlib import suppress

from serving.sandbox.frame import SPAWN, WORD
from serving.sandbox.worker import serve
from shared.artifacts.allowlist import ALLOWED
from shared.artifacts.loading import MOVED


def main(words: list[str]) -> int:
    """Fork one process for each socket that comes over the control socket, until that closes."""
    descriptor, *bounds = map(int, words)
    control = socket.socket(fileno=descriptor)
    # The process that started us ends us by closing the socket, after it has answered its callers.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    for module, _ in sorted(ALLOWED):
        importlib.import_module(MOVED.get(module, module))
    _look_around()
    gc.collect()
    gc.freeze()
    _Forks(control, bounds).run()
    return 0


def _look_around() -> None:
    """One small prediction: it finds the numeric libraries, for which a file has to be opened."""
    kind = importlib.import_module("sklearn.neighbors").NearestCentroid
    kind().fit([[0.0], [1.0]], [0, 1]).predict([[0.0]])


class _Forks:
    def __init__(self, control: socket.socket, bounds: list[int]) -> None:
        self._control, self._bounds = control, bounds
        self._living: set[int] = set()

    def run(self) -> None:
        signal.signal(signal.SIGCHLD, lambda *_: self._reap())
        control = self._control
        try:
            while True:
                word, descriptors, _, _ = socket.recv_fds(control, WORD.size, 1)
                if not word:
                    return
                verb, process = WORD.unpack(word)
                if verb == SPAWN:
                    control.sendall(WORD.pack(SPAWN, self._fork(descriptors[0])))
                else:
                    self._kill(process)
        finally:
            for process in list(self._living):
                self._kill(process)

    def _fork(self, descriptor: int) -> int:
        """The new process; 0 where the machine has no room for one."""
        try:
            process = os.fork()
        except OSError:
            os.close(descriptor)
            return 0
        if process == 0:
            _be_a_worker(self._control, descriptor, self._bounds)
        os.close(descriptor)
        self._living.add(process)
        return process

    def _kill(self, process: int) -> None:
        """Only a child that is not reaped yet: its number cannot be another's."""
        if process in self._living:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def _reap(self) -> None:
        for process in list(self._living):
            with suppress(ChildProcessError):
                if os.waitpid(process, os.WNOHANG) == (0, 0):
                    continue
            self._living.discard(process)


def _be_a_worker(control: socket.socket, descriptor: int, bounds: list[int]) -> None:
    """Never returns: the fork must not run what the template has on its stack."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        memory_bytes, max_bytes, load_seconds = bounds
        serve(socket.socket(fileno=descriptor), memory_bytes, max_bytes, load_seconds)
    except (OSError, KeyboardInterrupt):
        os._exit(1)  # the other end is gone
    finally:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
