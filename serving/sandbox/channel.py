"""The event loop's end of the socket to a model's process: requests in order, answers in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from serving.sandbox.frame import HEAD, Kind, frame

Told = tuple[Kind, bytes]

MOST_BYTES = 64 * 1024 * 1024
"""Of one answer: as much as predict's client reads. A model may answer more than it was asked, and
that is collected in the process that serves the others."""


class Died(Exception):
    """The process ended, or was ended, while it was at this request."""


class Gone(Exception):
    """The process is no more, through no fault of this request: ask another one."""


class Channel(asyncio.Protocol):
    """Asks one process. kill: ends it where it hangs."""

    def __init__(self, loop: asyncio.AbstractEventLoop, kill: Callable[[], None]) -> None:
        self._loop = loop
        self._kill = kill
        self._waiting: deque[asyncio.Future[Told]] = deque()
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._closing = False
        self.ended = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._seconds: deque[float] = deque()

    @property
    def alive(self) -> bool:
        """Whether it may be asked."""
        return not self._closing

    async def ask(self, kind: Kind, payload: bytes, seconds: float) -> Told:
        """The answer. seconds: how long the process may be at it. Raises Died, Gone."""
        if self._closing or self._transport is None:
            raise Gone
        answered: asyncio.Future[Told] = self._loop.create_future()
        self._waiting.append(answered)
        self._seconds.append(seconds)
        if self._timer is None:
            self._watch()
        self._transport.write(frame(kind, payload))
        return await answered

    def close(self) -> None:
        """Take no more requests; the process ends when those under way are answered."""
        self._closing = True
        if not self._waiting and self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the socket is ours."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's derives from nothing

    def data_received(self, data: bytes) -> None:
        """asyncio: a piece of the answers."""
        self._received += data
        while len(self._received) >= HEAD.size:
            kind, size = HEAD.unpack_from(self._received)
            if size > MOST_BYTES:
                self._end()
                return
            if len(self._received) < HEAD.size + size:
                return
            payload = bytes(self._received[HEAD.size : HEAD.size + size])
            del self._received[: HEAD.size + size]
            self._answer((Kind(kind), payload))

    def connection_lost(self, _: Exception | None) -> None:
        """asyncio: the process is gone."""
        self._closing = True
        self._unwatch()
        self.ended.set()
        for place, answered in enumerate(self._waiting):
            if not answered.done():
                answered.set_exception(Gone() if place else Died())
        self._waiting.clear()

    def _answer(self, told: Told) -> None:
        answered = self._waiting.popleft()
        self._seconds.popleft()
        if not answered.done():
            answered.set_result(told)
        self._unwatch()
        if self._waiting:
            self._watch()
        elif self._closing and self._transport:
            self._transport.close()

    def _watch(self) -> None:
        self._timer = self._loop.call_later(self._seconds[0], self._late)

    def _unwatch(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._closing = True
        self._loop.run_in_executor(None, self._kill)

    def _end(self) -> None:
        self._late()
        if self._transport:
            self._transport.abort()
