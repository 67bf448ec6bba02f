"""Bounded caches, and one flight for many callers."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from shared.core.cache import Bounded, Flights


def test_the_oldest_entry_makes_room() -> None:
    kept: Bounded[str, int] = Bounded(2)
    kept["a"], kept["b"], kept["a"], kept["c"] = 1, 2, 3, 4
    assert dict(kept) == {"a": 3, "c": 4}


def test_callers_share_a_call_that_started_late_enough() -> None:
    ticks = count()

    async def scenario() -> list[float]:
        flights: Flights[str, float] = Flights(lambda: float(next(ticks)))
        gate = asyncio.Event()

        async def call(started: float) -> float:
            await gate.wait()
            return started

        waiting = [
            asyncio.create_task(flights.share("k", call, since=since))
            for since in (float("-inf"), 0.0, 0.5, 1.0)
        ]
        await asyncio.sleep(0)
        gate.set()
        return list(await asyncio.gather(*waiting))

    assert asyncio.run(scenario()) == [0.0, 0.0, 1.0, 1.0]


def test_a_failed_call_fails_its_callers_and_the_next_call_starts_anew() -> None:
    async def scenario() -> str:
        flights: Flights[str, str] = Flights(lambda: 0.0)

        async def fail(_: float) -> str:
            raise KeyError("x")

        async def work(_: float) -> str:
            return "done"

        both = await asyncio.gather(
            flights.share("k", fail), flights.share("k", fail), return_exceptions=True
        )
        assert [type(error) for error in both] == [KeyError, KeyError]
        return await flights.share("k", work)

    assert asyncio.run(scenario()) == "done"


def test_a_caller_that_is_cancelled_leaves_the_call_to_the_others() -> None:
    async def scenario() -> str:
        flights: Flights[str, str] = Flights(lambda: 0.0)
        gate = asyncio.Event()

        async def call(_: float) -> str:
            await gate.wait()
            return "done"

        first = asyncio.create_task(flights.share("k", call))
        second = asyncio.create_task(flights.share("k", call))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        gate.set()
        return await second

    assert asyncio.run(scenario()) == "done"
