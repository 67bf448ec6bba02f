"""Many models are registered and few are asked: those stay in memory, which stays bounded."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from serving.loader import Loader
from serving.measure import Measure
from serving.memory import ModelMemory
from tests.serving.trained import released, trained
from tests.serving.world import NURSERY, World

REGISTERED, HOT, KEPT = 150, 10, 12


def test_the_ones_that_are_asked_are_loaded_once_however_many_others_come_and_go() -> None:
    world, measure = World(), Measure()

    async def story() -> None:
        with ThreadPoolExecutor(1) as pool:
            loader = Loader(world.store, NURSERY, pool, pool, 10**8, measure)
            memory = ModelMemory(loader.load, max_models=KEPT, max_bytes=10**9, measure=measure)
            pins = {}
            for number in range(REGISTERED):
                uri = released(world.store, trained(), number % 60, bucket=f"models{number}")
                pins[uri] = (await memory.load(uri)).directory.pin
            loads = sum(measure.loads.values())
            hot, cold = [*pins][:HOT], [*pins][HOT:]
            for other in cold:
                for uri in hot:
                    await memory.get(uri, pins[uri])
                await memory.get(other, pins[other])
            asked = sum(measure.loads.values()) - loads
            assert asked <= HOT + len(cold)
            assert measure.gauges["serving_models"] == KEPT
            assert measure.evictions == loads + asked - KEPT
            memory.close()

    asyncio.run(story())
