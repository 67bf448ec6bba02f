"""Answers for Eventarc: brings finalize events to the functions that wait for them.

At least once, at once on commit, with Google's retry schedule multiplied by one factor. What is
pending lies in sqlite (localcloud.delivery); when to try next is known to this process only, so a
restart tries everything again immediately.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

import aiohttp

from localcloud.delivery import Collected, Delivery, Queue
from localcloud.switch import Switches
from shared.core import cloudevent
from shared.logs import log

ACCOUNT = "eventarc"
"""Account whose ID token a delivery carries: the triggers' own, not a function's."""

FIRST_DELAY = 10.0
LONGEST_DELAY = 600.0
RETENTION = 24 * 3600.0
"""Seconds of the real schedule. Source: cloud.google.com/eventarc/docs/retry-events."""

ACK_DEADLINE = 600.0
"""Longest time a function may take over an event. Never scaled: work is not faster here."""

CONCURRENCY = 16
_KEEP_ALIVE = 1.0  # below gunicorn's 2 s, so that no request meets a connection being closed
_PAUSES = {sqlite3.SQLITE_BUSY: 0.002, sqlite3.SQLITE_FULL: 1.0, sqlite3.SQLITE_IOERR: 1.0}
"""Seconds until a step of the queue is tried again, by what sqlite said."""

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Trigger:
    """Events of one bucket go to one address."""

    name: str
    bucket: str
    address: str


@dataclass
class Counts:
    """What happened since the start. failed counts attempts; the others count deliveries."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended. status: 0 where no answer came."""

    status: int
    seconds: float
    reason: str

    @property
    def acknowledged(self) -> bool:
        """Whether the trigger took the event."""
        return 200 <= self.status < 300


@dataclass
class Eventarc:
    """The dispatcher. identity: audience -> ID token of the trigger's account."""

    database: Path
    triggers: tuple[Trigger, ...]
    identity: Callable[[str], str]
    time_scale: float = 1.0
    switches: Switches = field(default_factory=Switches)

    def __post_init__(self) -> None:
        self.queue = Queue(self.database)
        self.lost = 0
        self.counts = {trigger.name: Counts() for trigger in self.triggers}
        self._by_name = {trigger.name: trigger for trigger in self.triggers}
        self._slots = {name: asyncio.Semaphore(CONCURRENCY) for name in self._by_name}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._collector: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what the last process left, and from now on everything new."""
        self._loop = asyncio.get_running_loop()
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE),
            timeout=aiohttp.ClientTimeout(total=ACK_DEADLINE),
            auto_decompress=False,
        )
        await self._patiently(self.queue.prepare)
        for delivery in await self._patiently(self.queue.pending):
            self._launch(delivery)
        self._woken()
        self._collector = asyncio.create_task(self._collect_forever())

    async def stop(self) -> None:
        """Stop at once; what is under way comes again after the next start."""
        tasks = [*self._running, *([self._collector] if self._collector else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()
        self.queue.close()

    def notify(self) -> None:
        """The outbox has something new. To be called after the commit, from any thread."""
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._woken()
        else:
            self._loop.call_soon_threadsafe(self._woken)

    async def idle(self, timeout: float) -> bool:
        """Wait until no delivery is pending. False: still busy after so many seconds."""
        if self._idle.is_set():  # wait_for(..., 0) would not even look
            return True
        try:
            await asyncio.wait_for(self._idle.wait(), timeout)
        except TimeoutError:
            return False
        return True

    @property
    def under_way(self) -> int:
        """Deliveries that are pending."""
        return len(self._running)

    async def redrive(self, ids: list[int] | None = None) -> int:
        """Try dead letters again (None: all of them); returns how many."""
        revived = await self._patiently(lambda: self.queue.revive(ids))
        for delivery in revived:
            self._launch(delivery)
        return len(revived)

    def statistics(self) -> dict[str, object]:
        """Counters since the start, in all and by trigger."""
        by_trigger = {name: asdict(counts) for name, counts in self.counts.items()}
        total = {
            key: sum(counts[key] for counts in by_trigger.values()) for key in asdict(Counts())
        }
        return {**total, "lost": self.lost, "pending": self.under_way, "triggers": by_trigger}

    def _woken(self) -> None:
        self._wake.set()
        self._idle.clear()

    async def _collect_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for delivery in self.switches.order((await self._collect()).deliveries):
                self._launch(delivery)
            self._settle()

    async def _collect(self) -> Collected:
        by_bucket: dict[str, list[str]] = {}
        for trigger in self.triggers:
            by_bucket.setdefault(trigger.bucket, []).append(trigger.name)
        collected = await self._patiently(
            lambda: self.queue.collect(
                by_bucket, copies=self.switches.duplicates, lose=self.switches.loses
            )
        )
        self.lost += collected.lost
        return collected

    def _launch(self, delivery: Delivery) -> None:
        self._idle.clear()
        task = asyncio.create_task(self._deliver(delivery))
        self._running.add(task)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log("delivery broke off", severity="ERROR", error=f"{type(error).__name__}: {error}")
        self._settle()

    def _settle(self) -> None:
        if not self._running and not self._wake.is_set():
            self._idle.set()

    async def _deliver(self, delivery: Delivery) -> None:
        if delivery.trigger not in self._by_name:
            await self._patiently(lambda: self.queue.bury(delivery, 0, "there is no such trigger"))
            return
        await asyncio.sleep(self.switches.pause())
        expires = time.monotonic() + RETENTION * self.time_scale
        attempt = 0
        while True:
            attempt += 1
            async with self._slots[delivery.trigger]:
                outcome = await self._post(delivery)
            if await self._finished(delivery, attempt, outcome, expires):
                return
            await asyncio.sleep(self._back_off(attempt))

    async def _finished(
        self, delivery: Delivery, attempt: int, outcome: Outcome, expires: float
    ) -> bool:
        counts = self.counts[delivery.trigger]
        if outcome.acknowledged:
            await self._patiently(lambda: self.queue.acknowledge(delivery))
            counts.delivered += 1
            severity = "DEBUG" if attempt == 1 else "INFO"
            _tell("event delivered", delivery, attempt, outcome, severity=severity)
            return True
        counts.failed += 1
        if time.monotonic() < expires:
            _tell("event not taken", delivery, attempt, outcome, severity="WARNING")
            return False
        await self._patiently(lambda: self.queue.bury(delivery, attempt, outcome.reason))
        counts.dead += 1
        _tell("event given up: a dead letter", delivery, attempt, outcome, severity="ERROR")
        return True

    def _back_off(self, attempt: int) -> float:
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(attempt - 1, 16))
        return delay * self.time_scale * random.uniform(0.8, 1.2)

    async def _post(self, delivery: Delivery) -> Outcome:
        address = self._by_name[delivery.trigger].address
        headers = cloudevent.headers(delivery.event_id, delivery.event)
        headers["authorization"] = f"Bearer {self.identity(address)}"
        began = time.perf_counter()
        try:
            async with self._client.post(
                address, data=delivery.event.encode(), headers=headers, allow_redirects=False
            ) as response:
                await response.read()
                status, reason = response.status, f"HTTP {response.status}"
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            status, reason = 0, f"{type(error).__name__}: {error}"[:200]
        return Outcome(status, time.perf_counter() - began, reason)

    async def _patiently(self, step: Callable[[], _Result]) -> _Result:
        """Run a step of the queue, again while the store holds the lock or the disk is full."""
        while True:
            try:
                return step()
            except sqlite3.OperationalError as error:
                code = error.sqlite_errorcode & 0xFF
                if code not in _PAUSES:
                    raise
                if code != sqlite3.SQLITE_BUSY:
                    log(f"the event queue cannot be written: {error}", severity="ERROR")
                await asyncio.sleep(_PAUSES[code])


def triggers_of(configured: Mapping[str, tuple[str, str]]) -> tuple[Trigger, ...]:
    """The triggers of a Configuration."""
    return tuple(Trigger(name, bucket, address) for name, (bucket, address) in configured.items())


def _tell(message: str, delivery: Delivery, attempt: int, outcome: Outcome, severity: str) -> None:
    data = json.loads(delivery.event)
    log(
        message,
        severity=severity,
        trigger=delivery.trigger,
        object=f"gs://{data['bucket']}/{data['name']}#{data.get('generation', '')}",
        event_id=delivery.event_id,
        attempt=attempt,
        status=outcome.status,
        reason=outcome.reason,
        seconds=round(outcome.seconds, 4),
    )
