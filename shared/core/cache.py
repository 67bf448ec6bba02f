"""Caches for the request path: bounded, and with one call in flight for each key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(dict[K, V]):
    """A dict that forgets what was put in first once it holds `limit` keys."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def __setitem__(self, key: K, value: V) -> None:
        self.pop(key, None)
        while len(self) >= self.limit:
            del self[next(iter(self))]
        super().__setitem__(key, value)


class Flights(Generic[K, V]):
    """Concurrent callers of one key share one call; a cancelled caller does not end it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._flying: dict[K, tuple[float, asyncio.Task[V]]] = {}

    async def share(
        self,
        key: K,
        call: Callable[[float], Awaitable[V]],
        *,
        since: float = float("-inf"),
    ) -> V:
        """The result of a call that started at `since` or later. `call` gets its start time."""
        flight = self._flying.get(key)
        if flight is None or flight[0] < since:
            flight = self._start(key, call)
        return await asyncio.shield(flight[1])

    def _start(
        self, key: K, call: Callable[[float], Awaitable[V]]
    ) -> tuple[float, asyncio.Task[V]]:
        started = self._clock()

        async def fly() -> V:
            return await call(started)

        flight = (started, asyncio.create_task(fly()))
        self._flying[key] = flight
        flight[1].add_done_callback(lambda task: self._land(key, task))
        return flight

    def _land(self, key: K, task: asyncio.Task[V]) -> None:
        if self._flying.get(key, (0.0, None))[1] is task:
            del self._flying[key]
        if not task.cancelled():
            task.exception()  # told to those who wait; nobody waiting is no news for the log
