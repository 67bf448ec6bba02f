"""Trying again: with full jitter, inside the caller's deadline, and within a budget.

The budget keeps a failing platform from getting twice the traffic: each call earns a tenth of a
retry, each retry costs a whole one.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.core.errors import DeadlineExceeded, PlatformUnavailable

T = TypeVar("T")

ATTEMPTS = 3
FIRST_SECONDS = 0.05
LONGEST_SECONDS = 1.0
"""A platform that asks for a longer pause is not waited for: its wish goes to the caller."""
EARNED = 0.1
MOST = 10.0


class Retry:
    """Calls that change nothing, tried up to ATTEMPTS times. One for a process."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._budget = MOST

    async def __call__(self, call: Callable[[float], Awaitable[T]], timeout: float) -> T:
        """The result of `call`, which gets the seconds that are left. Raises what it raised last.

        Tried again after PlatformUnavailable (but for DeadlineExceeded), as long as time and
        budget last.
        """
        deadline = self._clock() + timeout
        self._budget = min(MOST, self._budget + EARNED)
        attempt = 1
        while True:
            try:
                return await call(deadline - self._clock())
            except DeadlineExceeded:
                raise
            except PlatformUnavailable as error:
                pause = self._pause(attempt, error)
                left = deadline - self._clock()
                if pause is None or pause >= left:
                    raise
            self._budget -= 1.0
            attempt += 1
            await self._sleep(pause)

    def _pause(self, attempt: int, error: PlatformUnavailable) -> float | None:
        """Seconds until the next attempt, or None where there is none."""
        wanted = error.retry_after or 0.0
        if attempt == ATTEMPTS or self._budget < 1.0 or wanted > LONGEST_SECONDS:
            return None
        longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (attempt - 1))
        return wanted + self._jitter(0.0, longest)
