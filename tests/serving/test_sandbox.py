"""A model's own process: what it may not do, and what its end does to callers (nothing)."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.tree import DecisionTreeClassifier

from benchmarks.zoo import data, zoo
from serving.loaded import LoadedModel, OwnProcess
from serving.loader import Loader
from serving.memory import ModelMemory
from serving.predictor import PredictionFailed, parse
from serving.refusal import Refusal
from serving.sandbox.nursery import Nursery
from shared.artifacts.writing import dump
from shared.core.errors import ArtifactRefused
from tests.serving.world import NURSERY, Api, World

ROOT = Path(__file__).resolve().parents[2]


class Scene:
    """A loader of hand-made models, and what was loaded."""

    def __init__(self, pool: ThreadPoolExecutor, nursery: Nursery) -> None:
        self.world = World()
        self.loader = Loader(self.world.store, nursery, pool, pool, 10**8, predict_seconds=1.0)
        self.count = 0

    async def load(self, estimator: Any) -> LoadedModel:
        self.count += 1
        return await self.loader.load(self.handmade(estimator, self.count), None)

    def handmade(self, estimator: Any, number: int) -> str:
        return self.world.handmade(f"models/m/{number}/", dump(estimator))


async def ask(model: LoadedModel, instances: Any) -> Any:
    body = json.dumps({"instances": instances}).encode()
    return json.loads(await model.runner.respond(parse(body)))["predictions"]


def run(story: Callable[[Scene], Awaitable[None]], nursery: Nursery = NURSERY) -> None:
    async def told() -> None:
        with ThreadPoolExecutor(1) as pool:
            await story(Scene(pool, nursery))

    asyncio.run(told())


def tree(**changes: int) -> Any:
    """A tree whose root was given other children: scikit-learn believes them."""
    made = DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1])
    state = made.tree_.__getstate__()
    nodes = state["nodes"].copy()
    for name, value in changes.items():
        nodes[name][0] = value
    made.tree_.__setstate__({**state, "nodes": nodes})
    return made


def crashing() -> Any:
    return tree(left_child=2**40, right_child=2**40)


def hanging() -> Any:
    return tree(left_child=0, right_child=0)


def test_honest_estimators_load_and_predict_in_it_as_outside() -> None:
    features = data()[0][:5].tolist()
    found = {
        name: estimator
        for name, estimator in zoo()
        if "_" not in name and hasattr(estimator, "predict") and "Dummy" not in name
    }
    tried = sorted(found)[::3]

    async def story(scene: Scene) -> None:
        for name in tried:
            estimator = found[name]
            model = await scene.load(estimator)
            with warnings.catch_warnings(action="ignore"):
                expected = estimator.predict(features)
            np.testing.assert_array_equal(await ask(model, features), expected.tolist(), name)
            model.runner.close()

    assert len(tried) >= 30
    run(story)


CONFINED = """
import os, socket, sys
from serving.sandbox.confinement import confine
def tried(what):
    try:
        what()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "done"
ours, theirs = socket.socketpair()
out = open("grown", "wb", buffering=0)
from subprocess import Popen
confine(50_000_000)
print([
    tried(lambda: open("written", "w")),
    tried(lambda: open("/etc/hostname")),
    tried(lambda: socket.socket()),
    tried(lambda: socket.create_connection(("127.0.0.1", 9))),
    tried(lambda: Popen(["true"])),
    tried(lambda: os.listdir("/")),
    tried(lambda: bytearray(200_000_000)),
    tried(lambda: out.write(b"x")),
    tried(lambda: ours.send(b"x")),
])
"""


def test_it_can_open_connect_start_and_write_nothing_and_still_answer(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CONFINED],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    *refused, sent = eval(done.stdout)
    assert "done" not in refused
    assert sent == "done"
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [0]


def test_a_model_that_breaks_its_process_fails_that_request_and_no_other() -> None:
    async def story(scene: Scene) -> None:
        model, other = await scene.load(crashing()), await scene.load(tree())
        with pytest.raises(Refusal, match="broke down over this prediction"):
            await ask(model, [[0.0]])
        assert not model.runner.alive
        assert await ask(other, [[0.0], [1.0]]) == [0, 1]
        other.runner.close()

    run(story)


def test_a_model_that_hangs_is_ended() -> None:
    async def story(scene: Scene) -> None:
        model = await scene.load(hanging())
        with pytest.raises(Refusal, match="too much memory or time"):
            await ask(model, [[0.0]])
        assert not model.runner.alive

    run(story)


def test_a_request_that_waits_behind_the_one_that_breaks_it_is_answered(
    world: World, api: Api
) -> None:
    """The tree breaks for numbers above a half only."""
    uri = world.handmade("models/iris/half/", dump(tree(right_child=2**40)))
    assert "error" not in api.create_version("v1", uri).json
    with ThreadPoolExecutor(9) as callers:
        bad = callers.submit(api.predict, "v1", [[1.0]])
        good = [callers.submit(api.predict, "v1", [[0.0]]) for _ in range(8)]
        assert bad.result().status == 500
        assert [answer.result().json for answer in good] == [{"predictions": [0]}] * 8


def test_a_model_beyond_its_memory_is_refused() -> None:
    nursery = Nursery(memory_bytes=60_000_000)
    large = DummyRegressor().fit([[0.0]], [0.0])
    large.weight_ = np.zeros(10_000_000)

    async def story(scene: Scene) -> None:
        with pytest.raises(ArtifactRefused, match="memory"):
            await scene.load(large)
        large.weight_ = np.zeros(1)
        model = await scene.load(large)
        assert await ask(model, [[0.0]]) == [0.0]
        model.runner.close()

    try:
        run(story, nursery)
    finally:
        nursery.close()


def test_a_template_that_was_killed_is_started_again() -> None:
    nursery = Nursery()

    async def story(scene: Scene) -> None:
        model = await scene.load(tree())
        assert nursery._template
        nursery._template.kill()
        nursery._template.wait()
        other = await scene.load(tree())
        assert await ask(other, [[1.0]]) == [1]
        model.runner.close()
        other.runner.close()

    try:
        run(story, nursery)
    finally:
        nursery.close()


def test_a_model_that_is_forgotten_ends_its_process_after_its_last_answer() -> None:
    async def story(scene: Scene) -> None:
        uris = [scene.handmade(tree(), number) for number in range(2)]
        memory = ModelMemory(scene.loader.load, max_models=1, max_bytes=10**9)
        first = await memory.load(uris[0])
        asked = asyncio.create_task(ask(first, [[0.0]] * 1000))
        await asyncio.sleep(0)
        await memory.load(uris[1])
        assert not first.runner.alive
        assert await asked == [0] * 1000
        assert isinstance(first.runner, OwnProcess)
        await first.runner.ended()
        memory.close()

    run(story)


def test_what_predict_cannot_take_is_told_as_before() -> None:
    async def story(scene: Scene) -> None:
        model = await scene.load(tree())
        with pytest.raises(PredictionFailed, match="X has 2 features, but DecisionTreeClassifier"):
            await ask(model, [[0.0, 1.0]])
        model.runner.close()

    run(story)
