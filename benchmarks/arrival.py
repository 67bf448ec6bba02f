"""Requests that arrive at a constant rate, whatever becomes of the earlier ones (an open loop).

A latency counts from the moment a request was due, so a stall costs all that fell due during it.
"""

from __future__ import annotations

import asyncio
import selectors
from array import array
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.gcp.client import Client
from shared.gcp.connection import Broken, Reply

PATIENCE_SECONDS = 30.0


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of all lies below; not a number where there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


@dataclass
class Stream:
    """One request, due `rate` times a second. headers may be changed meanwhile.

    due, took: of each answered request, seconds from the start, and from then to its answer.
    faults: what else came, counted.
    """

    url: str
    body: bytes
    right: Callable[[Reply], bool]
    rate: float
    headers: dict[str, str] = field(default_factory=dict)
    due: array[float] = field(default_factory=lambda: array("d"))
    took: array[float] = field(default_factory=lambda: array("d"))
    faults: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Requests without a right answer."""
        return self.faults.total()

    def between(self, first: float, last: float) -> list[float]:
        """How long those took that fell due in that time, in seconds from the start."""
        return [t for due, t in zip(self.due, self.took, strict=True) if first <= due < last]

    async def offer(self, seconds: float) -> None:
        """Send them all; returns with the last answer."""
        loop, client = asyncio.get_running_loop(), Client()
        began = loop.time()
        async with asyncio.TaskGroup() as tasks:
            for number in range(int(seconds * self.rate)):
                due = number / self.rate
                await asyncio.sleep(began + due - loop.time())
                tasks.create_task(self._ask(client, began, due))
        await client.close()

    async def _ask(self, client: Client, began: float, due: float) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reply = await client.send("POST", self.url, self.headers, self.body)
        except (Broken, OSError, TimeoutError) as error:
            self.faults[repr(error)[:200]] += 1
            return
        self.due.append(due)
        self.took.append(asyncio.get_running_loop().time() - began - due)
        self.versions[reply.headers.get("X-Model-Version", "")] += 1
        if not self.right(reply):
            self.faults[f"HTTP {reply.status}: {reply.body[:200]!r}"] += 1


def offer(streams: Sequence[Stream], seconds: float) -> None:
    """Send all streams at once, on one thread."""

    async def together() -> None:
        await asyncio.gather(*(stream.offer(seconds) for stream in streams))

    run(together())


def run(work: Coroutine[Any, Any, None]) -> None:
    """Like asyncio.run, with timers that are finer than epoll's whole milliseconds."""
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())
    ) as runner:
        runner.run(work)
