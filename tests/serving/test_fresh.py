"""Objects on the request path: never older than they may be, and seldom waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from serving.fresh import Fresh
from shared.core.errors import ObjectNotFound, StorageUnavailable
from shared.core.ports import Fetched
from tests.fakes.store import FakeObjectReader, FakeObjectStore

NAME = "defaults/iris.json"


class Scene:
    """A store, its reader, and a clock that stands still."""

    def __init__(self, max_age: float = 1.0) -> None:
        self.now = 100.0
        self.store = FakeObjectStore()
        self.parsed = 0
        self.reader = FakeObjectReader(self.store)
        self.fresh: Fresh[str] = Fresh(self.reader, "state", self.parse, max_age, lambda: self.now)

    def parse(self, data: bytes) -> str:
        self.parsed += 1
        return data.decode()

    def put(self, text: str) -> None:
        self.store.put("state", NAME, text.encode())

    @property
    def reads(self) -> int:
        return len(self.store.calls)

    async def value(self) -> str:
        return (await self.fresh.get(NAME)).value


def run(story: Callable[[Scene], Awaitable[None]], max_age: float = 1.0) -> None:
    async def told() -> None:
        await story(Scene(max_age))

    asyncio.run(told())


async def settled() -> None:
    """Let every task run until it waits for nothing."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_within_its_age_nothing_is_read() -> None:
    async def story(scene: Scene) -> None:
        scene.put("v1")
        assert await scene.value() == "v1"
        scene.now += 0.64
        for _ in range(10):
            assert await scene.value() == "v1"
        assert scene.reads == 1

    run(story)


def test_at_its_age_a_change_is_seen_before_the_answer() -> None:
    async def story(scene: Scene) -> None:
        scene.put("v1")
        await scene.value()
        scene.put("v2")
        scene.now += 1.0
        assert await scene.value() == "v2"

    run(story)


def test_past_most_of_its_age_it_is_read_ahead_without_waiting() -> None:
    async def story(scene: Scene) -> None:
        scene.put("v1")
        await scene.value()
        scene.put("v2")
        scene.now += 0.85
        assert await scene.value() == "v1"
        await settled()
        assert await scene.value() == "v2"
        assert scene.reads == 2

    run(story)


def test_what_was_first_read_together_is_not_read_ahead_together() -> None:
    async def story(scene: Scene) -> None:
        names = [f"defaults/m{number}.json" for number in range(100)]
        for name in names:
            scene.store.put("state", name, b"v1")
            await scene.fresh.get(name)
        read = []
        for _ in range(4):
            scene.now += 0.05 if read else 0.7
            for name in names:
                await scene.fresh.get(name)
            await settled()
            read.append(scene.reads)
        assert all(later - earlier < 50 for earlier, later in zip([100, *read], read, strict=False))
        assert read[-1] == 200

    run(story)


def test_unchanged_it_is_not_parsed_again() -> None:
    async def story(scene: Scene) -> None:
        scene.put("v1")
        for _ in range(5):
            await scene.value()
            scene.now += 2
        assert (scene.reads, scene.parsed) == (5, 1)

    run(story)


def test_many_requests_share_one_read() -> None:
    async def story(scene: Scene) -> None:
        scene.put("v1")
        assert await asyncio.gather(*(scene.value() for _ in range(50))) == ["v1"] * 50
        assert scene.reads == 1

    run(story)


def test_absence_is_never_remembered() -> None:
    async def story(scene: Scene) -> None:
        with pytest.raises(ObjectNotFound):
            await scene.value()
        scene.put("v1")
        assert await scene.value() == "v1"

    run(story)


def test_a_deletion_is_seen_at_its_age_and_ever_after() -> None:
    async def story(scene: Scene) -> None:
        scene.put("v1")
        await scene.value()
        generation = scene.store.stat("state", NAME).generation
        scene.store.delete("state", NAME, if_generation_match=generation)
        scene.now += 1
        for _ in range(2):
            with pytest.raises(ObjectNotFound):
                await scene.value()
        scene.put("v2")
        assert await scene.value() == "v2"

    run(story)


def test_a_store_that_is_down_is_told_and_not_papered_over() -> None:
    async def story(scene: Scene) -> None:
        def down(operation: str, bucket: str, name: str) -> None:
            raise StorageUnavailable("down")

        scene.put("v1")
        await scene.value()
        scene.store.on_call = down
        scene.now += 0.85
        assert await scene.value() == "v1"
        await settled()
        assert await scene.value() == "v1", "a read ahead that failed harms nobody"
        await settled()
        scene.now += 0.4
        with pytest.raises(StorageUnavailable):
            await scene.value()
        scene.store.on_call = None
        assert await scene.value() == "v1"

    run(story)


def test_what_this_process_changed_is_read_again_at_once() -> None:
    async def story(scene: Scene) -> None:
        scene.put("v1")
        await scene.value()
        scene.put("v2")
        scene.fresh.forget(NAME)
        assert await scene.value() == "v2"

    run(story)


def test_a_read_that_began_before_the_change_does_not_count_as_fresh() -> None:
    async def story(scene: Scene) -> None:
        scene.put("v1")
        await scene.value()
        scene.now += 0.85
        await scene.value()
        scene.put("v2")
        scene.now += 0.85
        assert await scene.value() == "v2"

    run(story)


def test_a_slow_older_read_never_replaces_what_a_later_one_brought() -> None:
    async def story(scene: Scene) -> None:
        scene.put("v1")
        slow, go_on = asyncio.Event(), asyncio.Event()
        fetch = scene.reader.fetch

        async def late(*asked: Any, **more: Any) -> Fetched:
            found = await fetch(*asked, **more)
            slow.set()
            await go_on.wait()
            return found

        scene.reader.fetch = late  # type: ignore[method-assign]
        older = asyncio.create_task(scene.value())
        await slow.wait()
        scene.reader.fetch = fetch  # type: ignore[method-assign]
        scene.put("v2")
        scene.now += 0.1
        assert (await scene.fresh.read(NAME)).value == "v2"
        go_on.set()
        assert await older == "v1"  # it was so when that request came
        assert await scene.value() == "v2"

    run(story)
