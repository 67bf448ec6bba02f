"""Ends what a crashed run left behind: processes that carry this state folder's mark.

The mark is in their environment (localcloud/part.py), so a process that merely got an old number
is never taken for ours, and what a part started is found though the part itself is gone.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from localcloud.part import MARK

_PROC = Path("/proc")


def orphans(state: Path) -> list[int]:
    """Process ids that carry the mark of this state folder, without this process."""
    mark = f"{MARK}={state}"
    found = _by_proc(mark) if (_PROC / "self" / "environ").exists() else _by_ps(mark)
    return sorted(set(found) - {os.getpid()})


def _by_proc(mark: str) -> Iterator[int]:
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                environment = (folder / "environ").read_bytes()
            except OSError:  # somebody else's, or just gone
                continue
            if mark.encode() in environment.split(b"\0"):
                yield int(folder.name)


def _by_ps(mark: str) -> Iterator[int]:
    """macOS: `ps -E` shows the environment of one's own processes behind the command."""
    shown = subprocess.run(
        ["/bin/ps", "-axww", "-E", "-o", "pid=,command="],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in shown.stdout.splitlines():
        if re.search(rf"\s{re.escape(mark)}(\s|$)", line):
            yield int(line.split()[0])


def clear(state: Path, patience: float = 5.0) -> int:
    """Kill every orphan and wait until it is gone; how many there were. patience: seconds."""
    found = orphans(state)
    for process in found:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + patience
    while found and orphans(state) and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(found)
