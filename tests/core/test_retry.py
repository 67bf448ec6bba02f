"""Trying again: how often, how long, and when not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.core.errors import (
    DeadlineExceeded,
    InvalidRequest,
    PermissionDenied,
    PlatformBusy,
    PlatformUnavailable,
    VersionNotReady,
)
from shared.core.retry import ATTEMPTS, MOST, Retry


class World:
    """A clock that sleeping moves, and a call that plays its answers in turn."""

    def __init__(self, *answers: Any, takes: float = 0.0) -> None:
        self.time = 100.0
        self.slept: list[float] = []
        self.left: list[float] = []
        self.answers = list(answers)
        self.takes = takes
        self.retry = Retry(lambda: self.time, self.sleep, lambda low, high: high)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    async def call(self, left: float) -> Any:
        self.left.append(left)
        self.time += self.takes
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def run(self, timeout: float = 10.0) -> Any:
        return asyncio.run(self.retry(self.call, timeout))  # type: ignore[arg-type]


def busy(seconds: float | None) -> PlatformBusy:
    error = PlatformBusy("busy")
    error.retry_after = seconds
    return error


def test_what_answers_is_asked_once() -> None:
    world = World(7)
    assert world.run() == 7
    assert (world.slept, world.left) == ([], [10.0])


def test_an_unavailable_platform_is_asked_again_after_growing_pauses() -> None:
    world = World(PlatformUnavailable("x"), PlatformUnavailable("x"), 7)
    assert world.run() == 7
    assert world.slept == [0.05, 0.1]
    assert world.left == pytest.approx([10.0, 9.95, 9.85])


def test_the_last_failure_comes_through() -> None:
    world = World(PlatformUnavailable("x"))
    with pytest.raises(PlatformUnavailable):
        world.run()
    assert len(world.left) == ATTEMPTS


@pytest.mark.parametrize(
    "error",
    [
        DeadlineExceeded("x"),
        InvalidRequest("x"),
        VersionNotReady("x"),
        PermissionDenied("x"),
        busy(30),
        RuntimeError("x"),
    ],
    ids=repr,
)
def test_what_another_attempt_cannot_mend_is_not_tried_again(error: Exception) -> None:
    world = World(error)
    with pytest.raises(type(error)):
        world.run()
    assert len(world.left) == 1


def test_a_short_pause_that_the_platform_asks_for_is_kept() -> None:
    world = World(busy(1), 7)
    assert world.run() == 7
    assert world.slept == [1.05]


def test_a_pause_beyond_the_deadline_is_not_begun() -> None:
    world = World(PlatformUnavailable("x"), takes=0.98)
    with pytest.raises(PlatformUnavailable):
        world.run(timeout=1.0)
    assert (len(world.left), world.slept) == (1, [])


def test_a_failing_platform_gets_a_tenth_more_traffic_at_the_most() -> None:
    world = World(PlatformUnavailable("x"))
    calls = 1000
    for _ in range(calls):
        with pytest.raises(PlatformUnavailable):
            world.run()
    assert len(world.left) <= calls * 1.1 + MOST
