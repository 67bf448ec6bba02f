"""A local cloud as a child process: what the demonstration, benchmarks and tests start."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.stage import ROOT
from localcloud.configuration import Configuration
from localcloud.part import end

CONSOLE = "console.txt"
PATIENCE = 90.0
"""Seconds that a start may take."""
GRACE = 10.0
"""Seconds that a stop may take."""


class NotStarted(Exception):
    """The local cloud did not come up; the message is what it said."""


@dataclass
class ChildCloud:
    """A running local cloud. As a context, it is stopped at the end."""

    process: subprocess.Popen[bytes]
    configuration: Configuration

    @property
    def state(self) -> Path:
        """Its folder."""
        return Path(self.configuration.state)

    def url(self, name: str) -> str:
        """`http://127.0.0.1:<port>` of one part."""
        return self.configuration.url(name)

    def stop(self) -> int:
        """End it as Ctrl-C does; the exit code."""
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """Kill the supervisor with no chance to clear up, as a crash does."""
        end(self.process, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.stop()


def start(state: Path, port: int = 0, **overrides: Any) -> ChildCloud:
    """Start a local cloud and return when all its parts answer. Raises NotStarted.

    port: of the predict function; 0: any. overrides: fields of Configuration.
    """
    state = state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    words = ["--state", str(state), "--port", str(port), "--overrides", json.dumps(overrides)]
    words += ["--parent", str(os.getpid())]
    with (state / CONSOLE).open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "localcloud", *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C is for whoever started it to pass on
        )
    assert process.stdout is not None
    with process.stdout:  # closed at once afterwards: it goes on without a reader
        said = _until_ready(process.stdout.fileno())
    if not said.endswith("ready\n"):
        end(process, signal.SIGKILL)
        process.wait()
        error = (state / CONSOLE).read_text(encoding="utf-8", errors="replace")
        raise NotStarted(f"{said}{error}".strip())
    return ChildCloud(process, Configuration.load(state))


def _until_ready(output: int) -> str:
    """Read until the line `ready`, the end, or the end of patience."""
    said = b""
    deadline = time.monotonic() + PATIENCE
    while not said.endswith(b"\nready\n"):
        readable, _, _ = select.select([output], [], [], max(0.0, deadline - time.monotonic()))
        chunk = os.read(output, 65_536) if readable else b""
        if not chunk:
            break
        said += chunk
    return said.decode(errors="replace")
