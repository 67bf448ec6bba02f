"""A supervisor over small parts, as a process: `python -m tests.localcloud.small_cloud ...`.

Words: STATE, then PORT or PORT:MARKER for each part. Prints every fact, and `ready`.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.stage import ROOT
from localcloud.part import Part, base_environment
from localcloud.supervisor import Supervisor

PART = Path(__file__).with_name("small_part.py")


def part(state: Path, port: int, *words: str, command: Sequence[str] | None = None) -> Part:
    state.mkdir(exist_ok=True)
    return Part(
        name=f"part{port}",
        command=list(command or [sys.executable, str(PART), str(port), *words]),
        environment=base_environment(state),
        folder=state,
        log=state / "logs" / f"part{port}.log",
        port=port,
        ready="/ready",
    )


def start(state: Path, *words: str) -> subprocess.Popen[str]:
    """The process, once it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.localcloud.small_cloud", str(state), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line == "ready\n":
            return process
    raise AssertionError("it ended before it was ready")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    parts = [part(folder, int(word), *rest) for word, *rest in (w.split(":") for w in sys.argv[2:])]
    asyncio.run(Supervisor(parts, lambda *fact: print(*fact)).run(lambda: print("ready")))
