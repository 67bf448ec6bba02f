"""What every ObjectReader does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.core.errors import ObjectNotFound
from shared.core.ports import Fetched, ObjectReader
from tests.contracts.conftest import Stored


def test_a_fetch_gives_the_bytes_and_their_generation(stored: Stored, run: Any) -> None:
    written = stored.store.write(
        stored.bucket, "defaults/ä b.json", b"{}", if_generation_match=0, metadata={"k": "v"}
    )

    async def scenario(reader: ObjectReader) -> Fetched:
        return await reader.fetch(stored.bucket, "defaults/ä b.json")

    assert run(stored.reader, scenario) == Fetched(b"{}", written.generation)


def test_what_has_not_changed_is_not_sent_again(stored: Stored, run: Any) -> None:
    first = stored.store.write(stored.bucket, "a", b"1", if_generation_match=0)

    async def again(reader: ObjectReader, generation: int) -> Fetched:
        return await reader.fetch(stored.bucket, "a", if_generation_not_match=generation)

    async def scenario(reader: ObjectReader) -> tuple[Fetched, Fetched]:
        same = await again(reader, first.generation)
        stored.store.write(stored.bucket, "a", b"2", if_generation_match=first.generation)
        return same, await again(reader, first.generation)

    same, changed = run(stored.reader, scenario)
    assert same == Fetched(None, first.generation)
    assert changed.data == b"2"
    assert changed.generation != first.generation


def test_metadata_comes_without_the_bytes(stored: Stored, run: Any) -> None:
    written = stored.store.write(
        stored.bucket, "a", b"1", if_generation_match=0, metadata={"dropserve-card": "card.json"}
    )
    found = run(stored.reader, lambda reader: reader.metadata(stored.bucket, "a"))
    assert found == Fetched(None, written.generation, {"dropserve-card": "card.json"})


def test_an_object_without_metadata_has_none(stored: Stored, run: Any) -> None:
    stored.store.write(stored.bucket, "a", b"1", if_generation_match=0)
    found = run(stored.reader, lambda reader: reader.metadata(stored.bucket, "a"))
    assert dict(found.metadata) == {}


def test_what_is_not_there_is_not_found(stored: Stored, run: Any) -> None:
    async def scenario(reader: ObjectReader) -> None:
        with pytest.raises(ObjectNotFound):
            await reader.fetch(stored.bucket, "none")
        with pytest.raises(ObjectNotFound):
            await reader.fetch(stored.bucket, "none", if_generation_not_match=5)
        with pytest.raises(ObjectNotFound):
            await reader.metadata(stored.bucket, "none")

    run(stored.reader, scenario)


def test_many_tasks_may_read_at_once(stored: Stored, run: Any) -> None:
    for number in range(20):
        stored.store.write(
            stored.bucket, f"n/{number}", str(number).encode(), if_generation_match=0
        )

    async def scenario(reader: ObjectReader) -> list[bytes | None]:
        names = [f"n/{number}" for number in range(20)]
        found = await asyncio.gather(*(reader.fetch(stored.bucket, name) for name in names))
        return [each.data for each in found]

    assert run(stored.reader, scenario) == [str(number).encode() for number in range(20)]


def test_names_below_a_prefix_come_in_order_however_many(stored: Stored, run: Any) -> None:
    for name in ("n/b", "n/a", "n/c d/ä", "m", "n"):
        stored.store.write(stored.bucket, name, b"1", if_generation_match=0)

    async def scenario(reader: ObjectReader) -> list[list[str]]:
        return [await reader.names(stored.bucket, prefix) for prefix in ("n/", "none/")]

    assert run(stored.reader, scenario) == [["n/a", "n/b", "n/c d/ä"], []]
