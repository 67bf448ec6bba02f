"""Requests to one version, several at a time, for whoever does not run an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from shared.core.card import Card
from shared.core.errors import InvalidRequest, RetryableError
from shared.core.ports import ObjectReader, Predictor
from shared.core.prediction import Parameters, Prediction, Request
from shared.core.settings import Settings
from shared.workflows.predict import Predict

Online = Callable[[], tuple[ObjectReader, Predictor]]
"""Makes the ports of the request path for the event loop that runs now."""

Answer = TypeVar("Answer")

TRIES = 4
TIMEOUT_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.25


class Asking:
    """Requests to one version, several at a time, on an event loop of their own."""

    def __init__(
        self,
        runner: asyncio.Runner,
        online: Online,
        settings: Settings,
        model: str,
        version: str,
        card: Card,
    ) -> None:
        self._runner, self._model, self._version = runner, model, version
        self._reader, self._predictor = runner.run(_made(online))
        self._predict = Predict(self._reader, self._predictor, settings)
        self._tasks: set[asyncio.Task[Prediction | None]] = set()
        self.shares = card.schema.classes is not None and runner.run(self._tells_shares(card))

    def begin(self, instances: list[list[Any]]) -> asyncio.Task[Prediction | None]:
        """Ask; the answer comes with `end`."""
        task = self._runner.get_loop().create_task(self._ask(instances))
        self._tasks.add(task)
        return task

    def end(self, task: asyncio.Task[Prediction | None]) -> Prediction | None:
        """Wait for one answer; the others go on meanwhile."""
        self._tasks.discard(task)
        return self._runner.run(_awaited(task))

    def close(self) -> None:
        """Let go of what is under way, and of the connections."""
        for task in self._tasks:
            task.cancel()
        self._runner.run(self._close())

    async def _close(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._predictor.close()
        await self._reader.close()

    async def _tells_shares(self, card: Card) -> bool:
        """Whether the version has probabilities, asked of it with a golden request."""
        golden = card.golden.instances[:1]
        place = self._model, self._version, golden
        try:
            await _again(
                lambda: self._predictor.predict(*place, timeout=TIMEOUT_SECONDS, probabilities=True)
            )
        except InvalidRequest:
            return False
        return bool(golden)

    async def _ask(self, instances: list[list[Any]]) -> Prediction | None:
        if not instances:
            return None
        wanted = Parameters(probabilities=self.shares)
        request = Request(
            self._model, self._version, instances, parameters=wanted, timeout=TIMEOUT_SECONDS
        )
        return await _again(lambda: self._predict(request))


async def _again(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """What a call gives, tried some times where it may yet go well."""
    for left in reversed(range(TRIES)):
        try:
            return await call()
        except RetryableError:
            if not left:
                raise
            await asyncio.sleep(FIRST_PAUSE_SECONDS * 2.0 ** (TRIES - 1 - left))
    raise AssertionError("the last try returns or raises")


async def _made(online: Online) -> tuple[ObjectReader, Predictor]:
    return online()


async def _awaited(task: asyncio.Task[Prediction | None]) -> Prediction | None:
    return await task
