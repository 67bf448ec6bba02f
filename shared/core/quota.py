"""How often one caller may ask one process: a bucket of requests that refills evenly."""

from __future__ import annotations

import time
from collections.abc import Callable

from shared.core.cache import Bounded
from shared.core.errors import QuotaExceeded

CALLERS_KEPT = 10_000


class Quota:
    """per_minute: requests of each caller, all at once if it likes; 0: no limit."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._clock = clock
        self._seen: Bounded[str, tuple[float, float]] = Bounded(CALLERS_KEPT)

    def take(self, caller: str) -> None:
        """Count one request. Raises QuotaExceeded, which says when to come again."""
        if not self._most:
            return
        now = self._clock()
        left, seen = self._seen.get(caller, (self._most, now))
        left = min(self._most, left + (now - seen) * self._most / 60.0)
        if left >= 1.0:
            self._seen[caller] = (left - 1.0, now)
            return
        self._seen[caller] = (left, now)
        error = QuotaExceeded(
            f"More than {self._most:g} requests a minute came from this caller. "
            "Try again after Retry-After."
        )
        error.retry_after = (1.0 - left) * 60.0 / self._most
        raise error
