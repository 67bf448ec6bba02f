"""The sampled request log: some requests with their answers, kept for a look at drift.

A request costs its line in memory and no more: objects are written after answers, many lines
each, and nothing here ever fails or waits for one. Who called is in no line, nor any token.
docs/decisions/0018-samples.md tells why it is done so.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from shared.core.artifact import FORMAT, sample_name
from shared.core.errors import DropserveError
from shared.core.ports import ObjectCreator
from shared.core.prediction import Prediction, Request

MEDIA_TYPE = "application/x-ndjson"
INSTANCES = 100
"""Instances of one request that are kept at the most: every second, third ... of many."""
LINE_BYTES = 256_000
BUFFER_BYTES = 2_000_000
"""Lines that are longer, and lines for which there is no room, are dropped and counted."""
BATCH_BYTES = 256_000
BATCH_SECONDS = 60.0
"""What waits is written once it is so much, or once its oldest line is so old."""
LAST_SECONDS = 3.0
"""How long the end of the process waits for the last objects."""

Key = tuple[str, str]
"""Model and version: of each its own objects."""


@dataclass
class _Batch:
    """Lines that wait. since: when the first came, on the sampler's clock."""

    since: float
    size: int = 0
    count: int = 0
    lines: dict[Key, list[bytes]] = field(default_factory=dict)

    def add(self, key: Key, line: bytes) -> None:
        self.lines.setdefault(key, []).append(line)
        self.size += len(line)
        self.count += 1


class Sampler:
    """Keeps a share of the requests. One for a process; all of it on the event loop's thread.

    log: gets a line where some were dropped, with how many. dice: numbers from 0 to 1.
    """

    def __init__(
        self,
        creator: ObjectCreator,
        bucket: str,
        share: float,
        log: Callable[..., None],
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._creator, self._bucket, self._share, self._log = creator, bucket, share, log
        self._clock, self._now, self._dice = clock, now, dice
        self._waiting = _Batch(clock())
        self._under_way = 0
        self._dropped = 0
        self._writing: asyncio.Task[None] | None = None
        self._ends = False

    def take(self, asked: Request, made: Prediction) -> None:
        """Keep a request that was answered, if its lot falls so."""
        if self._dice() >= self._share:
            return
        try:
            line = _line(asked, made, self._now())
        except orjson.JSONEncodeError:  # a number beyond 64 bits, for a model without a schema
            self._dropped += 1
            return
        room = BUFFER_BYTES - self._under_way - self._waiting.size
        if len(line) > min(LINE_BYTES, room):
            self._dropped += 1
            return
        if not self._waiting.count:
            self._waiting.since = self._clock()
        self._waiting.add((asked.model, made.version), line)

    async def answered(self) -> None:
        """An answer was sent: begin to write what is due. At the end of the process, write it."""
        if self._ends:
            await self._last()
        elif self._is_due() and (self._writing is None or self._writing.done()):
            loop = asyncio.get_running_loop()
            self._writing = loop.create_task(self._flush(), context=Context())

    async def end(self) -> None:
        """The process is to end: write what there is, and from now on at once."""
        self._ends = True
        await self._last()

    async def _last(self) -> None:
        try:
            async with asyncio.timeout(LAST_SECONDS):
                if self._writing:
                    await self._writing
                await self._flush()
        except TimeoutError:
            self._drop(0, "timeout")

    def _is_due(self) -> bool:
        waiting = self._waiting
        old = self._clock() - waiting.since >= BATCH_SECONDS
        return waiting.size >= BATCH_BYTES or (waiting.count > 0 and old)

    async def _flush(self) -> None:
        batch, self._waiting = self._waiting, _Batch(self._clock())
        self._under_way += batch.size
        try:
            await asyncio.gather(*(self._write(*one) for one in batch.lines.items()))
        except asyncio.CancelledError:
            self._dropped += batch.count
            raise
        finally:
            self._under_way -= batch.size
        if self._dropped:
            self._drop(0, "full")

    async def _write(self, key: Key, lines: list[bytes]) -> None:
        name = sample_name(*key, self._now(), secrets.token_hex(4))
        try:
            await self._creator.create(self._bucket, name, b"".join(lines), MEDIA_TYPE)
        except DropserveError as error:
            self._drop(len(lines), error.code)

    def _drop(self, count: int, code: str) -> None:
        """Tell how many were lost. The error's own text may quote what was sent: only its code."""
        count, self._dropped = count + self._dropped, 0
        if count:
            facts: dict[str, Any] = {"samples_dropped": count, "code": code}
            self._log("samples were dropped", severity="WARNING", **facts)


def _line(asked: Request, made: Prediction, now: datetime) -> bytes:
    """One request as a line of JSON. every: which of its instances are kept; the pointers of the
    warnings count in the request as it was sent."""
    total = len(made.predictions)
    every = -(-total // INSTANCES)
    value = {
        "format": FORMAT,
        "at": now.astimezone(UTC).isoformat(timespec="milliseconds"),
        "model": asked.model,
        "version": made.version,
        "kind": made.kind,
        "total": total,
        "every": every,
        "instances": asked.instances[::every],
        "predictions": made.predictions[::every],
        "warnings": [vars(warning) for warning in made.warnings],
        "warning_count": made.warned,
    }
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
