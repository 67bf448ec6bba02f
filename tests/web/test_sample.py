"""The sampled request log: what is kept, when it is written, and what it never does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.core.errors import Fault, PermissionDenied, StorageUnavailable
from shared.core.prediction import Prediction, Request
from shared.web import sample
from shared.web.sample import Sampler
from tests.fakes.store import FakeObjectCreator, FakeObjectStore

NOW = datetime(2026, 11, 22, 13, 0, 0, 123_000, tzinfo=UTC)
ASKED = Request("iris", None, [[1, 2], {"b": 4, "a": 3}])
MADE = Prediction(["x", "y"], "v1", (Fault("/instances/0/0", "odd"),), 1)


class Log:
    """What was logged."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def __call__(self, message: str, **facts: Any) -> None:
        self.lines.append({"message": message, **facts})

    @property
    def dropped(self) -> int:
        return sum(line["samples_dropped"] for line in self.lines)


class World:
    """A sampler that keeps everything, on a clock that is moved by hand."""

    def __init__(self, share: float = 1.0) -> None:
        self.store, self.log, self.time = FakeObjectStore(), Log(), 0.0
        self.lots = iter([0.0, 0.49, 0.5, 0.99] * 50_000)
        self.sampler = Sampler(
            FakeObjectCreator(self.store),
            "state",
            share,
            self.log,
            clock=lambda: self.time,
            now=lambda: NOW,
            dice=lambda: next(self.lots),
        )

    def lines(self) -> list[dict[str, Any]]:
        """All that was written, in the order of the objects' names."""
        data = b"".join(self.store.live("state", name)[0] for name in self.store.names("state"))
        return [json.loads(line) for line in data.splitlines()]


def run(scenario: Callable[[World], Awaitable[None]], world: World | None = None) -> World:
    world = world or World()
    asyncio.run(_within(scenario, world))
    return world


async def _within(scenario: Callable[[World], Awaitable[None]], world: World) -> None:
    await scenario(world)


async def settled(world: World) -> None:
    """Until what was begun after an answer is over."""
    await world.sampler.answered()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others)


def test_a_line_holds_instances_answers_version_time_and_warnings() -> None:
    async def scenario(world: World) -> None:
        world.sampler.take(ASKED, MADE)
        await world.sampler.end()

    world = run(scenario)
    [name] = world.store.names("state")
    assert name.startswith("samples/iris/v1/20261122/130000_")
    assert world.lines() == [
        {
            "format": 1,
            "at": "2026-11-22T13:00:00.123+00:00",
            "model": "iris",
            "version": "v1",
            "kind": "label",
            "total": 2,
            "every": 1,
            "instances": [[1, 2], {"b": 4, "a": 3}],
            "predictions": ["x", "y"],
            "warnings": [{"pointer": "/instances/0/0", "message": "odd"}],
            "warning_count": 1,
        }
    ]


def test_the_share_decides_how_many_are_kept() -> None:
    async def scenario(world: World) -> None:
        for _ in range(1000):
            world.sampler.take(ASKED, MADE)
        await world.sampler.end()

    assert len(run(scenario, World(0.5)).lines()) == 500


def test_of_many_instances_some_are_kept_with_their_answers() -> None:
    async def scenario(world: World) -> None:
        many = Request("iris", None, [[n] for n in range(1001)])
        world.sampler.take(many, Prediction(list(range(1001)), "v1"))
        await world.sampler.end()

    [line] = run(scenario).lines()
    assert (line["total"], line["every"], len(line["instances"])) == (1001, 11, 91)
    assert [row[0] for row in line["instances"]] == line["predictions"]


def test_nothing_is_written_until_there_is_enough_or_time_has_passed() -> None:
    async def scenario(world: World) -> None:
        world.sampler.take(ASKED, MADE)
        await settled(world)
        assert world.lines() == []
        world.time = sample.BATCH_SECONDS
        await settled(world)
        assert len(world.lines()) == 1
        while len(world.lines()) == 1:
            world.sampler.take(ASKED, MADE)
            await settled(world)

    world = run(scenario)
    assert len(world.store.names("state")) == 2


def test_each_version_has_its_own_objects() -> None:
    async def scenario(world: World) -> None:
        for model, version in (("iris", "v1"), ("iris", "v2"), ("wine", "v1"), ("iris", "v1")):
            world.sampler.take(Request(model, None, [[1]]), Prediction([1], version))
        await world.sampler.end()

    names = run(scenario).store.names("state")
    assert [name.rpartition("/2026")[0] for name in names] == [
        "samples/iris/v1",
        "samples/iris/v2",
        "samples/wine/v1",
    ]


def test_an_answer_does_not_wait_for_a_store_that_hangs() -> None:
    async def scenario(world: World) -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        class Slow(FakeObjectCreator):
            async def create(self, *words: Any) -> None:
                begun.set()
                await go_on.wait()
                await super().create(*words)

        world.sampler._creator = Slow(world.store)
        world.sampler.take(ASKED, MADE)
        world.time = sample.BATCH_SECONDS
        await world.sampler.answered()
        await begun.wait()
        world.sampler.take(ASKED, MADE)
        await world.sampler.answered()  # one at a time: this one waits in memory
        assert world.lines() == []
        go_on.set()
        await world.sampler.end()

    assert len(run(scenario).lines()) == 2


@pytest.mark.parametrize("error", [StorageUnavailable, PermissionDenied])
def test_a_store_that_is_down_costs_samples_which_are_counted(error: type[Exception]) -> None:
    async def scenario(world: World) -> None:
        def fail(*_: str) -> None:
            raise error("secret")

        world.store.on_call = fail
        for _ in range(3):
            world.sampler.take(ASKED, MADE)
        world.time = sample.BATCH_SECONDS
        await settled(world)
        world.store.on_call = None
        world.sampler.take(ASKED, MADE)
        await world.sampler.end()

    world = run(scenario)
    assert (world.log.dropped, len(world.lines())) == (3, 1)
    assert "secret" not in str(world.log.lines)


def test_what_waits_is_bounded_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "BUFFER_BYTES", 10_000)

    async def scenario(world: World) -> None:
        for _ in range(1000):
            world.sampler.take(ASKED, MADE)
        await world.sampler.end()

    world = run(scenario)
    written = sum(world.store.stat("state", name).size for name in world.store.names("state"))
    assert 9_000 < written <= 10_000
    assert world.log.dropped + len(world.lines()) == 1000


def test_a_line_that_is_too_long_or_no_json_is_dropped_and_counted() -> None:
    async def scenario(world: World) -> None:
        for value in ("x" * sample.LINE_BYTES, 2**70):
            world.sampler.take(Request("iris", None, [[value]]), Prediction(["x"], "v1"))
        world.sampler.take(ASKED, MADE)
        await world.sampler.end()

    world = run(scenario)
    assert (world.log.dropped, len(world.lines())) == (2, 1)


def test_the_end_waits_for_a_dead_store_no_longer_than_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sample, "LAST_SECONDS", 0.05)

    async def scenario(world: World) -> None:
        class Dead(FakeObjectCreator):
            async def create(self, *_: Any) -> None:
                await asyncio.Event().wait()

        world.sampler._creator = Dead(world.store)
        world.sampler.take(ASKED, MADE)
        await world.sampler.end()

    assert run(scenario).log.dropped == 1


def test_after_the_end_began_a_late_answer_is_written_before_it_is_let_go() -> None:
    async def scenario(world: World) -> None:
        await world.sampler.end()
        world.sampler.take(ASKED, MADE)
        await world.sampler.answered()
        assert len(world.lines()) == 1

    run(scenario)
