"""The state folder of one local cloud: who runs on it now.

The lock is the kernel's (flock), so it goes with the process that holds it, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "lock"


class StateBusy(Exception):
    """Another local cloud runs on this state folder."""


@contextmanager
def hold(state: Path) -> Iterator[None]:
    """Make the folder and be the only one that runs on it. Raises StateBusy."""
    state.mkdir(parents=True, exist_ok=True)
    lock = os.open(state / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock(lock):
            owner = os.read(lock, 20).decode() or "unknown"
            raise StateBusy(
                f"a local cloud already runs on {state} (process {owner}); stop that one with "
                "Ctrl-C, or start another beside it: ./run up --port 0 --state OTHER_FOLDER"
            )
        os.truncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(lock)


def _lock(lock: int, tries: int = 20) -> bool:
    """Take the lock; a few tries, because `running` holds it for a moment when it looks."""
    for _ in range(tries):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return True
    return False


def running(state: Path) -> bool:
    """Whether a local cloud runs on the folder now, be it ready or still starting."""
    try:
        lock = os.open(state / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(lock)
