"""Objects as they were at most a moment ago: read on the request path, revalidated by generation.

No background thread keeps them fresh, because Cloud Run stops the CPU between requests. Once most
of the allowed age is over, a request starts the revalidation without waiting for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from zlib import crc32

from shared.core.cache import Bounded, Flights
from shared.core.errors import DropserveError
from shared.core.ports import ObjectReader

T = TypeVar("T")
KEPT = 10_000
AHEAD = 0.65, 0.85
"""Between which shares of the allowed age an object is read ahead: later, and requests would wait
for a store that takes a while; sooner, and it is read more often for nothing. Each object has its
own, or a hundred that were first read together would be read together for ever."""


@dataclass(frozen=True)
class Seen(Generic[T]):
    """An object's value and generation. at: on our clock, before the read that brought it began.

    ahead: from when on it is read ahead.
    """

    value: T
    generation: int
    at: float
    ahead: float


class Fresh(Generic[T]):
    """The objects of one bucket and kind, at most `max_age` seconds old."""

    def __init__(
        self,
        reader: ObjectReader,
        bucket: str,
        parse: Callable[[bytes], T],
        max_age: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._bucket = bucket
        self._parse = parse
        self._max_age = max_age
        self._clock = clock
        self._seen: Bounded[str, Seen[T]] = Bounded(KEPT)
        self._flights: Flights[str, Seen[T]] = Flights(clock)
        self._ahead: dict[str, asyncio.Task[Seen[T] | None]] = {}

    async def get(self, name: str) -> Seen[T]:
        """The object. Raises ObjectNotFound, StorageUnavailable, NewerFormat."""
        seen = self._seen.get(name)
        if seen is None:
            return await self.read(name)
        now = self._clock()
        if now - seen.at >= self._max_age:
            return await self.read(name, since=now - self._max_age)
        if now >= seen.ahead and name not in self._ahead:
            self._read_ahead(name)
        return seen

    async def read(self, name: str, since: float | None = None) -> Seen[T]:
        """The object by a read that began at `since` (None: now) or later."""
        wanted = self._clock() if since is None else since
        return await self._flights.share(name, lambda at: self._fetch(name, at), since=wanted)

    def forget(self, name: str) -> None:
        """Somebody in this process changed it."""
        self._seen.pop(name, None)

    async def _fetch(self, name: str, at: float) -> Seen[T]:
        seen = self._seen.get(name)
        try:
            found = await self._reader.fetch(
                self._bucket, name, if_generation_not_match=seen.generation if seen else None
            )
        except DropserveError as error:
            if not error.retryable:
                self._seen.pop(name, None)
            raise
        if found.data is not None:
            seen = Seen(self._parse(found.data), found.generation, at, at + self._calm(name))
        elif seen:
            seen = Seen(seen.value, seen.generation, at, at + self._calm(name))
        else:
            raise AssertionError("only a conditional read can come back without data")
        last = self._seen.get(name)
        if last is None or last.at <= seen.at:
            self._seen[name] = seen
        return seen

    def _calm(self, name: str) -> float:
        """Seconds for which an object is not read again."""
        first, last = AHEAD
        return self._max_age * (first + (last - first) * crc32(name.encode()) / 2**32)

    def _read_ahead(self, name: str) -> None:
        self._ahead[name] = asyncio.create_task(self._quietly(name))

    async def _quietly(self, name: str) -> Seen[T] | None:
        try:
            return await self.read(name)
        except DropserveError:
            return None  # the request that needs it meets the error itself
        finally:
            del self._ahead[name]
