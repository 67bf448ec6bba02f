"""Bytes served are bytes trained, whatever happens to a proven directory."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from serving.loader import Loader
from tests.artifacts import mutation
from tests.serving.world import NURSERY


def test_of_four_hundred_mutations_of_model_copy_and_card_none_is_loaded() -> None:
    tried, loaded = mutation.run(400, 5, NURSERY)
    assert len(tried) == len(mutation.BYTES) + len(mutation.WHOLE)
    assert loaded == []


def test_both_directories_load_where_nothing_happened() -> None:
    async def story() -> None:
        with ThreadPoolExecutor(1) as pool:
            for place in mutation.directories():
                loader = Loader(place.store, NURSERY, pool, pool, 10**8)
                model = await loader.load(place.uri, mutation._pin(place))
                model.runner.close()

    asyncio.run(story())
