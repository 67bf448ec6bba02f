"""What the Eventarc tests stand on: an outbox like the store's, and a trigger that takes events."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from localcloud.eventarc import Eventarc, Trigger
from localcloud.switch import Switches

FAST = 0.001
"""Time scale of the tests: a first retry after 10 ms, dead after 86 s."""


class Outbox:
    """The store's half: the table that a commit writes to."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "storage.sqlite"
        self.database = sqlite3.connect(self.file, isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS outbox(id INTEGER PRIMARY KEY AUTOINCREMENT,"
            " bucket TEXT, event TEXT)"
        )

    def add(self, name: str, bucket: str = "data", generation: int = 1) -> None:
        event = {
            "bucket": bucket,
            "name": name,
            "generation": str(generation),
            "timeCreated": "2026-11-22T10:00:00.000Z",
            "updated": "2026-11-22T10:00:01.000Z",
            "size": "3",
        }
        self.database.execute(
            "INSERT INTO outbox(bucket, event) VALUES (?, ?)", (bucket, json.dumps(event))
        )

    def count(self, table: str = "outbox") -> int:
        return int(self.database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@dataclass
class Received:
    """One request that a trigger got."""

    headers: dict[str, str]
    data: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.data["name"])


Answer = Callable[[Received], Awaitable[int]]


async def ok(_: Received) -> int:
    return 200


@dataclass
class Receiver:
    """A trigger's end: notes each request, answers what `answer` says."""

    answer: Answer = ok
    received: list[Received] = field(default_factory=list)
    address: str = ""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        received = Received(
            {k.lower(): v for k, v in request.headers.items()}, await request.json()
        )
        self.received.append(received)
        async with self._changed:
            self._changed.notify_all()
        return web.Response(status=await self.answer(received))

    async def wait_for(self, count: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.received) >= count)

    @property
    def names(self) -> list[str]:
        return [received.name for received in self.received]


@asynccontextmanager
async def receiving(answer: Answer = ok, port: int = 0) -> AsyncIterator[Receiver]:
    """A Receiver that listens on the loopback."""
    receiver = Receiver(answer)
    app = web.Application()
    app.router.add_post("/", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    receiver.address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@asynccontextmanager
async def dispatching(
    outbox: Outbox,
    *receivers: Receiver,
    time_scale: float = FAST,
    switches: Switches | None = None,
    bucket: str = "data",
) -> AsyncIterator[Eventarc]:
    """An Eventarc with one trigger for each receiver, all on one bucket."""
    triggers = tuple(
        Trigger(f"trigger{number}", bucket, receiver.address)
        for number, receiver in enumerate(receivers)
    )
    eventarc = Eventarc(
        outbox.file,
        triggers,
        lambda audience: f"token-for-{audience}",
        time_scale=time_scale,
        switches=switches or Switches(),
    )
    await eventarc.start()
    try:
        yield eventarc
    finally:
        await eventarc.stop()
