"""Shows steps with the time each took: plain lines, and on a terminal what is waited for too."""

from __future__ import annotations

import sys
import time

from cli.terminal import CLEAR


class Progress:
    """A clock that prints. quiet: nothing at all, for `--json`."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._began = time.monotonic()
        self._quiet = quiet
        self._live = sys.stdout.isatty() and not quiet

    @property
    def elapsed(self) -> float:
        """Seconds since the first step began."""
        return time.monotonic() - self._began

    def step(self, text: str) -> None:
        """Something is done."""
        if not self._quiet:
            self._clear()
            print(f"  {self.elapsed:7.2f} s  {text}", flush=True)

    def note(self, text: str) -> None:
        """A word about the last step."""
        if not self._quiet:
            self._clear()
            print(f"             {text}", flush=True)

    def waiting(self, text: str) -> None:
        """Something is waited for: shown on a terminal only, until the next step."""
        if self._live:
            self._clear()
            print(f"            {text} ...", end="", flush=True)

    def _clear(self) -> None:
        if self._live:
            print(CLEAR, end="")
