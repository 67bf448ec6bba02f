"""What every ObjectCreator does."""

from __future__ import annotations

import asyncio
from typing import Any

from shared.core.ports import ObjectCreator
from tests.contracts.conftest import Stored

NAME = "samples/iris/v1/20261122/130000_ä b.jsonl"
KIND = "application/x-ndjson"


def test_an_object_that_was_created_can_be_read(stored: Stored, run: Any) -> None:
    run(stored.creator, lambda creator: creator.create(stored.bucket, NAME, b"1\n", KIND))
    assert stored.store.read(stored.bucket, NAME)[0] == b"1\n"


def test_one_that_is_there_stays_as_it_is(stored: Stored, run: Any) -> None:
    first = stored.store.write(stored.bucket, NAME, b"1", if_generation_match=0)
    run(stored.creator, lambda creator: creator.create(stored.bucket, NAME, b"2", KIND))
    data, meta = stored.store.read(stored.bucket, NAME)
    assert (data, meta.generation) == (b"1", first.generation)


def test_many_tasks_may_create_at_once(stored: Stored, run: Any) -> None:
    async def scenario(creator: ObjectCreator) -> None:
        made = (creator.create(stored.bucket, f"n/{n}", str(n).encode(), KIND) for n in range(20))
        await asyncio.gather(*made)

    run(stored.creator, scenario)
    found = [meta.name for meta in stored.store.list(stored.bucket, "n/")]
    assert len(found) == 20
