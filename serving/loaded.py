"""A model that may answer: its portable copy in this process, or its pickle in one of its own."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

import orjson

from serving.portable import Portable
from serving.predictor import Asked, PredictionFailed, answer, parse
from serving.refusal import Refusal
from serving.sandbox.channel import Channel, Died, Gone
from serving.sandbox.frame import Kind
from shared.artifacts.reading import ModelDirectory
from shared.core.errors import ArtifactRefused

INLINE_SECONDS = 0.002
"""A prediction that is expected to take longer runs in a thread."""
PREDICT_SECONDS = 60.0
"""Longest prediction: what AI Platform allowed."""
PROCESS_BYTES = 15_000_000
"""What a model's process takes besides its model."""

_WEIGHT = 0.2

__all__ = ["Gone", "InProcess", "LoadedModel", "OwnProcess", "Runner"]


class Runner(Protocol):
    """What computes a model's answers."""

    @property
    def alive(self) -> bool:
        """Whether it may be asked."""

    async def respond(self, asked: Asked) -> bytes:
        """The response body. Raises PredictionFailed, Refusal, Gone (ask another one)."""

    def close(self) -> None:
        """Free what it holds, once the requests that are under way are answered."""


class InProcess:
    """The portable copy, on the event loop where that is fast. pool: where it runs otherwise."""

    alive = True

    def __init__(self, portable: Portable, pool: Executor) -> None:
        self._portable = portable
        self._pool = pool
        self.seconds_per_row: float | None = None

    def estimate(self, rows: int) -> float:
        """Seconds that a request of so many rows will take."""
        return float("inf") if self.seconds_per_row is None else self.seconds_per_row * rows

    async def respond(self, asked: Asked) -> bytes:
        """See Runner."""
        if self.estimate(asked.rows) < INLINE_SECONDS:
            return self._respond(asked)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._respond, asked)

    def close(self) -> None:
        """See Runner: the last request that holds the copy frees it."""

    def _respond(self, asked: Asked) -> bytes:
        started = time.perf_counter()
        body = answer(self._portable.predict(asked))
        cost = (time.perf_counter() - started) / max(1, asked.rows)
        known = self.seconds_per_row
        self.seconds_per_row = cost if known is None else known + _WEIGHT * (cost - known)
        return body


class OwnProcess:
    """The unpickled model, in a process that may do nothing but compute."""

    def __init__(self, channel: Channel, predict_seconds: float = PREDICT_SECONDS) -> None:
        self._channel = channel
        self._seconds = predict_seconds

    @property
    def alive(self) -> bool:
        """See Runner."""
        return self._channel.alive

    async def load(self, data: bytes, seconds: float) -> None:
        """Unpickle a model file there. Raises ArtifactRefused."""
        try:
            kind, told = await self._channel.ask(Kind.LOAD, data, seconds)
        except (Died, Gone) as error:
            raise ArtifactRefused(
                "the process that loads the model file broke down, or took too much memory or time"
            ) from error
        if kind is not Kind.DONE:
            raise ArtifactRefused(told.decode())

    async def respond(self, asked: Asked) -> bytes:
        """See Runner."""
        try:
            kind, told = await self._channel.ask(Kind.PREDICT, asked.body, self._seconds)
        except Died as error:
            raise Refusal(
                500,
                "The model's process broke down over this prediction, or took too much memory or "
                "time.",
            ) from error
        if kind is Kind.DONE:
            return told
        raise PredictionFailed(told.decode())

    def close(self) -> None:
        """See Runner."""
        self._channel.close()

    async def ended(self) -> None:
        """Wait until the process is not asked any more, and its socket is closed."""
        await self._channel.ended.wait()


@dataclass
class LoadedModel:
    """A model that may answer."""

    directory: ModelDirectory
    runner: Runner

    @property
    def size(self) -> int:
        """Bytes of memory that it is counted with."""
        return self.directory.meta.size + (0 if self.is_portable else PROCESS_BYTES)

    @property
    def is_portable(self) -> bool:
        """Whether it answers from its portable copy."""
        return isinstance(self.runner, InProcess)

    async def prove(self) -> int:
        """Answer the card's golden requests as callers will ask; how many. ArtifactRefused."""
        card = self.directory.card
        if card is None or not card.golden.instances:
            return 0
        golden = card.golden
        asked = parse(orjson.dumps({"instances": golden.instances}))
        try:
            await self.runner.respond(asked)
            if isinstance(self.runner, InProcess):
                self.runner.seconds_per_row = None  # the first call prepares; the second tells
            body = await self.runner.respond(asked)
        except (PredictionFailed, Refusal, Gone) as error:
            raise ArtifactRefused(f"the golden requests fail: {error}") from error
        if not golden.agrees(orjson.loads(body)["predictions"]):
            raise ArtifactRefused(
                "the golden requests are answered differently from how the model answered when it "
                "was trained"
            )
        return len(golden.instances)
