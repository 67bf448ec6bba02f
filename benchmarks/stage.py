"""Wall time and peak memory of each stage of a piece of work, in a process of its own.

The peak is the kernel's (VmHWM), reset at the beginning of each stage: Linux only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.core.stopwatch import Stopwatch

_RESET_PEAK = "5"


class Stages(Stopwatch):
    """A stopwatch that notes the peak memory of each step too. peaks: bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.peaks: dict[str, int] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time one step and note its peak."""
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK, encoding="ascii")
        try:
            with super().__call__(step):
                yield
        finally:
            self.peaks[step] = max(self.peaks.get(step, 0), peak("self"))

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {"seconds": self.seconds, "peaks": self.peaks}


def peak(process: int | str) -> int:
    """The most memory, in bytes, that a process had at once since the last reset; 0: it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found[0].split()[1]) * 1024 if found else 0


def measured(
    python: str, module: str, *words: str, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What a fresh process prints as its last line, which must be JSON. Raises SystemExit.

    environment: what it is told besides what this process was.
    """
    done = subprocess.run(
        [python, "-m", module, *words],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode:
        raise SystemExit(f"{module} {' '.join(words)} failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def here(module: str, *words: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """`measured`, by this Python."""
    return measured(sys.executable, module, *words, environment=environment)
