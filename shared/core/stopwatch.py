"""Seconds that each step of a piece of work took, for the ledger, the log and the benchmarks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """`with watch("fit"): ...` adds to `watch.seconds["fit"]`, in tenths of a millisecond."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._start = time.perf_counter()

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time one step; a step that is timed twice adds up."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = self.seconds.get(step, 0.0) + time.perf_counter() - start
            self.seconds[step] = round(spent, 4)

    @property
    def total(self) -> float:
        """Seconds since the watch was made."""
        return round(time.perf_counter() - self._start, 4)
