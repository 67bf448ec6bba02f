"""One process of the local cloud: what it is (Part) and starting it (start).

Each runs in a process group of its own, so that all it started can be ended with it, and carries
the state folder's name in its environment, so that what a crash left behind can be found.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MARK = "LOCALCLOUD_STATE"
"""Environment variable that every process of a local cloud carries: its state folder."""

GRACE = 5.0
"""Seconds that a process which was asked to end may take."""

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of linux/prctl.h


@dataclass(frozen=True)
class Part:
    """How one process is started. ready: path that answers HTTP, in any way, once it works.

    niceness: how far behind the others it runs. memory: bytes of address space; 0: no bound.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    folder: Path
    log: Path
    port: int
    ready: str
    niceness: int = 0
    memory: int = 0


def base_environment(state: Path) -> dict[str, str]:
    """What every process gets and no more: nothing of the person's shell leaks into a function.

    CLOUDSDK_CONFIG is an empty folder, so that google-auth meets the metadata server and not the
    person's own credentials.
    """
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
    }
    empty = state / "empty"
    empty.mkdir(exist_ok=True)
    return {
        "LANG": "C.UTF-8",
        **kept,
        MARK: str(state),
        "CLOUDSDK_CONFIG": str(empty),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "GOMP_SPINCOUNT": "10000",  # else the job's two threads spin, where others need them
    }


def start(part: Part) -> subprocess.Popen[bytes]:
    """Start it, output appended to its log. Only from the main thread: see `dies_with_parent`."""
    part.log.parent.mkdir(exist_ok=True)
    with part.log.open("ab", buffering=0) as log:
        return subprocess.Popen(
            part.command,
            cwd=part.folder,
            env=part.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_before(part, dies_with_parent()),
        )


def _before(part: Part, dies: Callable[[], None] | None) -> Callable[[], None] | None:
    """What the child does before it becomes the part."""
    if not (part.niceness or part.memory):
        return dies

    def in_child() -> None:
        if part.niceness:
            os.nice(part.niceness)
        if part.memory:
            resource.setrlimit(resource.RLIMIT_AS, (part.memory, part.memory))
        if dies:
            dies()

    return in_child


def dies_with_parent() -> Callable[[], None] | None:
    """On Linux: what makes the child get SIGTERM when this process dies, even by kill -9.

    The kernel watches the thread that started the child, so that must be one that lives as long as
    the process. Elsewhere None: the next start clears up (localcloud/orphan.py).
    """
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def in_child() -> None:
        library.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the line above
            os.kill(os.getpid(), signal.SIGKILL)

    return in_child


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to the part and to all it started."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    """Wait for one that was asked to end, and end it where it does not."""
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        end(process, signal.SIGKILL)
        process.wait()
