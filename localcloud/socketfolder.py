"""A folder for the unix sockets that gunicorn opens, one inside for each function.

Without it every function's gunicorn would open `~/.gunicorn/gunicorn.ctl`: one file of the
person's for all of them. A socket's path has a limit near 100 bytes, which a state folder's may
exceed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 60
"""Bytes that leave room for a function's name and `gunicorn.ctl`."""


@contextmanager
def socket_folder(state: Path) -> Iterator[Path]:
    """`<state>/run`, or a temporary folder where that is too long a path."""
    inside = state / "run"
    if len(os.fsencode(inside)) <= LONGEST:
        inside.mkdir(exist_ok=True)
        yield inside
        return
    with tempfile.TemporaryDirectory(prefix="lc-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
