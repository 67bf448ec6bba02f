"""Models in memory: loaded once, bounded, and remembered when they are bad."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sklearn.dummy import DummyRegressor

from serving.loader import Loader
from serving.memory import BAD_SECONDS, ModelMemory
from serving.predictor import parse
from shared.artifacts.reading import Pin
from shared.artifacts.writing import dump
from shared.core.errors import ArtifactRefused, StorageUnavailable
from tests.serving.world import NURSERY, World

SIZE = len(dump(DummyRegressor().fit([[0.0]], [0.0])))


class Scene:
    """A world's models in a memory whose clock stands still."""

    def __init__(self, pool: ThreadPoolExecutor, models: int, size: int) -> None:
        self.world = World()
        self.now = 0.0
        loader = Loader(self.world.store, NURSERY, pool, pool, 1_000_000)
        self.memory = ModelMemory(
            loader.load, max_models=models, max_bytes=size, clock=lambda: self.now
        )

    def model(self, number: int) -> tuple[str, Pin]:
        """A model that answers its number: address and pin."""
        data = dump(DummyRegressor().fit([[0.0]], [float(number)]))
        uri = self.world.handmade(f"models/m/{number}/", data)
        return uri, self.pin(number)

    def pin(self, number: int) -> Pin:
        meta = self.world.store.stat("models", f"models/m/{number}/model.joblib")
        return Pin(meta.generation, "")

    @property
    def loads(self) -> int:
        return sum(operation == "read" for operation, _, _ in self.world.store.calls)

    async def answer(self, number: int) -> float:
        loaded = await self.memory.get(*self.model_of[number])
        body = await loaded.runner.respond(parse(b'{"instances": [[0.0]]}'))
        return float(json.loads(body)["predictions"][0])

    def make(self, count: int) -> None:
        self.model_of = [self.model(number) for number in range(count)]
        self.world.store.calls.clear()


def run(story: Callable[[Scene], Awaitable[None]], models: int = 8, size: int = 10**9) -> None:
    async def told() -> None:
        with ThreadPoolExecutor(1) as pool:
            scene = Scene(pool, models, size)
            await story(scene)
            scene.memory.close()

    asyncio.run(told())


def test_fifty_who_ask_at_once_load_it_once() -> None:
    async def story(scene: Scene) -> None:
        scene.make(1)
        assert await asyncio.gather(*(scene.answer(0) for _ in range(50))) == [0.0] * 50
        assert scene.loads == 1

    run(story)


def test_the_least_recently_asked_is_forgotten_first() -> None:
    async def story(scene: Scene) -> None:
        scene.make(3)
        for number in (0, 1, 0, 2):
            await scene.answer(number)
        assert scene.loads == 3
        await scene.answer(0)
        assert scene.loads == 3
        await scene.answer(1)
        assert scene.loads == 4

    run(story, models=2)


def test_bytes_bound_it_too_and_the_last_one_always_stays() -> None:
    async def story(scene: Scene) -> None:
        scene.make(3)
        for number in range(3):
            await scene.answer(number)
        await scene.answer(2)
        assert scene.loads == 3
        await scene.answer(0)
        assert scene.loads == 4

    run(story, size=SIZE // 2)


def test_a_bad_model_is_not_read_again_for_a_moment() -> None:
    async def story(scene: Scene) -> None:
        scene.make(1)
        uri, _ = scene.model_of[0]
        scene.world.handmade("models/m/0/", b"no model")
        pin = scene.pin(0)
        for _ in range(5):
            with pytest.raises(ArtifactRefused):
                await scene.memory.get(uri, pin)
        assert scene.loads == 1
        scene.now += BAD_SECONDS
        with pytest.raises(ArtifactRefused):
            await scene.memory.get(uri, pin)
        assert scene.loads == 2

    run(story)


def test_a_store_that_was_down_is_asked_again_at_once() -> None:
    async def story(scene: Scene) -> None:
        def down(operation: str, bucket: str, name: str) -> None:
            raise StorageUnavailable("down")

        scene.make(1)
        scene.world.store.on_call = down
        with pytest.raises(StorageUnavailable):
            await scene.answer(0)
        scene.world.store.on_call = None
        assert await scene.answer(0) == 0.0

    run(story)


def test_what_was_proven_need_not_be_loaded_again_to_serve() -> None:
    async def story(scene: Scene) -> None:
        scene.make(1)
        await scene.memory.load(scene.model_of[0][0])
        await scene.answer(0)
        assert scene.loads == 1

    run(story)
