"""Threads that wait for the event loop: an answer, an error, and never for ever."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from serving.bridge import wait
from shared.core.errors import ObjectNotFound, PlatformUnavailable


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that runs in another thread."""
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever)
    thread.start()
    yield made
    if made.is_running():
        made.call_soon_threadsafe(made.stop)
    thread.join()
    made.close()


async def answer() -> int:
    return 7


async def refusal() -> int:
    raise ObjectNotFound("none")


async def late() -> int:
    raise TimeoutError("its own")


def test_an_answer_and_an_error_come_through(loop: asyncio.AbstractEventLoop) -> None:
    assert wait(answer(), loop) == 7
    with pytest.raises(ObjectNotFound):
        wait(refusal(), loop)
    with pytest.raises(TimeoutError, match="its own"):
        wait(late(), loop)


def test_what_takes_too_long_is_given_up(loop: asyncio.AbstractEventLoop) -> None:
    ended = threading.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(PlatformUnavailable, match="too long"):
        wait(forever(), loop, 0.01)
    assert ended.wait(10), "it was cancelled"


def test_a_loop_that_stops_leaves_nobody_waiting(loop: asyncio.AbstractEventLoop) -> None:
    """What was handed over between its last round and its end is never called."""
    loop.call_soon_threadsafe(loop.stop)
    while loop.is_running():
        pass
    with pytest.raises(PlatformUnavailable, match="ending"):
        wait(answer(), loop)


def test_a_loop_that_is_closed_is_told_at_once() -> None:
    closed = asyncio.new_event_loop()
    closed.close()
    with pytest.raises(PlatformUnavailable, match="ending"):
        wait(answer(), closed)
