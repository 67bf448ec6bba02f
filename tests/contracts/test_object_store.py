"""What every ObjectStore does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared.core.errors import InvalidRequest, ObjectNotFound, PreconditionFailed
from tests.contracts.conftest import Stored
from tests.fakes.store import crc32c

NAMES = ["a.csv", "a/b c.csv", "ä/😀?#&=+%2F.csv", "data/../x", "a//b", "x" * 900, "-", "a\u2028b"]


def test_what_is_written_is_read_back_with_all_it_was_written_with(stored: Stored) -> None:
    written = stored.store.write(
        stored.bucket,
        "a.csv",
        b"1,2\n",
        if_generation_match=0,
        content_type="text/csv",
        metadata={"target": "species", "unit": "°C"},
    )
    assert stored.store.read(stored.bucket, "a.csv") == (b"1,2\n", written)
    assert stored.store.stat(stored.bucket, "a.csv") == written
    assert (written.bucket, written.name, written.size) == (stored.bucket, "a.csv", 4)
    assert (written.content_type, written.metageneration) == ("text/csv", 1)
    assert dict(written.metadata) == {"target": "species", "unit": "°C"}
    assert written.crc32c == crc32c(b"1,2\n")
    assert written.generation > 0


def test_the_time_of_creation_is_now_in_utc(stored: Stored) -> None:
    written = stored.store.write(stored.bucket, "a", b"", if_generation_match=0)
    created = datetime.fromisoformat(written.time_created)
    assert created.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=1)


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_opaque(stored: Stored, name: str) -> None:
    written = stored.store.write(stored.bucket, name, b"x", if_generation_match=0)
    assert written.name == name
    assert stored.store.read(stored.bucket, name)[0] == b"x"
    assert stored.store.open(stored.bucket, name, written.generation).read() == b"x"
    assert [meta.name for meta in stored.store.list(stored.bucket, "")] == [name]
    stored.store.delete(stored.bucket, name, if_generation_match=written.generation)
    with pytest.raises(ObjectNotFound):
        stored.store.stat(stored.bucket, name)


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_bytes_of_any_size_and_kind_come_back_unchanged(stored: Stored, size: int) -> None:
    data = (bytes(range(256)) * (size // 256 + 1))[:size]
    written = stored.store.write(stored.bucket, "a", data, if_generation_match=0)
    assert stored.store.read(stored.bucket, "a", written.generation) == (data, written)
    assert stored.store.open(stored.bucket, "a", written.generation).read() == data


def test_nine_megabytes_survive_the_resumable_upload(stored: Stored) -> None:
    data = b"0123456789abcdef" * (9 * 2**16)
    written = stored.store.write(
        stored.bucket, "big", data, if_generation_match=0, metadata={"k": "v"}
    )
    assert written.size == len(data)
    assert dict(written.metadata) == {"k": "v"}
    assert stored.store.read(stored.bucket, "big")[0] == data
    with pytest.raises(PreconditionFailed):
        stored.store.write(stored.bucket, "big", data, if_generation_match=0)


def test_a_stream_gives_the_bytes_piece_by_piece(stored: Stored) -> None:
    data = b"line of text\n" * 60_000
    written = stored.store.write(stored.bucket, "a", data, if_generation_match=0)
    with stored.store.open(stored.bucket, "a", written.generation) as stream:
        assert stream.read(4) == b"line"
        assert stream.readline() == b" of text\n"
        assert sum(len(line) for line in stream) == len(data) - 13
        assert stream.read() == b""
        assert not stream.seekable()


def test_what_is_not_there_is_not_found(stored: Stored) -> None:
    with pytest.raises(ObjectNotFound):
        stored.store.stat(stored.bucket, "none")
    with pytest.raises(ObjectNotFound):
        stored.store.read(stored.bucket, "none")
    with pytest.raises(ObjectNotFound):
        stored.store.open(stored.bucket, "none", 1)
    with pytest.raises(ObjectNotFound):
        stored.store.delete(stored.bucket, "none", if_generation_match=1)


def test_an_error_says_which_object(stored: Stored) -> None:
    with pytest.raises(ObjectNotFound, match=f"gs://{stored.bucket}/none"):
        stored.store.read(stored.bucket, "none")


def test_an_overwritten_generation_is_not_found(stored: Stored) -> None:
    first = stored.store.write(stored.bucket, "a", b"1", if_generation_match=0)
    second = stored.store.write(stored.bucket, "a", b"2", if_generation_match=first.generation)
    assert second.generation != first.generation
    for access in (stored.store.stat, stored.store.read, stored.store.open):
        with pytest.raises(ObjectNotFound):
            access(stored.bucket, "a", first.generation)
    assert stored.store.read(stored.bucket, "a") == (b"2", second)


def test_an_overwrite_leaves_nothing_of_the_old_metadata(stored: Stored) -> None:
    first = stored.store.write(stored.bucket, "a", b"1", if_generation_match=0, metadata={"k": "v"})
    stored.store.write(stored.bucket, "a", b"2", if_generation_match=first.generation)
    assert dict(stored.store.stat(stored.bucket, "a").metadata) == {}


def test_a_second_write_with_the_same_precondition_is_refused(stored: Stored) -> None:
    first = stored.store.write(stored.bucket, "a", b"1", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        stored.store.write(stored.bucket, "a", b"2", if_generation_match=0)
    stored.store.write(stored.bucket, "a", b"3", if_generation_match=first.generation)
    with pytest.raises(PreconditionFailed):
        stored.store.write(stored.bucket, "a", b"4", if_generation_match=first.generation)
    assert stored.store.read(stored.bucket, "a")[0] == b"3"


def test_a_write_over_a_generation_that_is_gone_is_refused(stored: Stored) -> None:
    with pytest.raises(PreconditionFailed):
        stored.store.write(stored.bucket, "a", b"1", if_generation_match=5)


def test_of_sixteen_racing_writers_exactly_one_wins(stored: Stored) -> None:
    gate = threading.Barrier(16)

    def write(number: int) -> bytes | None:
        gate.wait()
        data = str(number).encode()
        try:
            stored.store.write(stored.bucket, "a", data, if_generation_match=0)
        except PreconditionFailed:
            return None
        return data

    with ThreadPoolExecutor(16) as pool:
        winners = [data for data in pool.map(write, range(16)) if data is not None]
    assert [stored.store.read(stored.bucket, "a")[0]] == winners


def test_a_delete_takes_the_generation_it_names_and_no_other(stored: Stored) -> None:
    written = stored.store.write(stored.bucket, "a", b"1", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        stored.store.delete(stored.bucket, "a", if_generation_match=written.generation + 1)
    stored.store.delete(stored.bucket, "a", if_generation_match=written.generation)
    with pytest.raises(ObjectNotFound):
        stored.store.delete(stored.bucket, "a", if_generation_match=written.generation)
    stored.store.write(stored.bucket, "a", b"2", if_generation_match=0)


def test_a_listing_is_ordered_by_name_and_holds_the_metadata(stored: Stored) -> None:
    written = {
        name: stored.store.write(
            stored.bucket, name, name.encode(), if_generation_match=0, metadata={"k": name}
        )
        for name in ("p/b", "p/a/z", "p/A", "p/ä", "q/a", "p")
    }
    listed = list(stored.store.list(stored.bucket, "p/"))
    assert [meta.name for meta in listed] == ["p/A", "p/a/z", "p/b", "p/ä"]
    assert listed == [written[meta.name] for meta in listed]
    assert list(stored.store.list(stored.bucket, "nothing/")) == []


def test_a_surrogate_that_is_no_text_is_refused_not_crashed_on(stored: Stored) -> None:
    if "Fake" in type(stored.store).__name__:
        pytest.skip("memory can hold any str; the wire cannot")
    with pytest.raises(InvalidRequest):
        stored.store.stat(stored.bucket, "\ud800")
    with pytest.raises(InvalidRequest):
        stored.store.open(stored.bucket, "\ud800", 1)


def pieces(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield b"%07d\n" % number * 1_000


@pytest.mark.parametrize("count", [0, 1, 2_200])
def test_what_comes_in_pieces_is_written_whole(stored: Stored, count: int) -> None:
    written = stored.store.write_stream(
        stored.bucket, "a.csv", pieces(count), if_generation_match=0, content_type="text/csv"
    )
    assert (written.size, written.content_type) == (count * 8_000, "text/csv")
    assert stored.store.read(stored.bucket, "a.csv", written.generation) == (
        b"".join(pieces(count)),
        written,
    )


@pytest.mark.parametrize("count", [0, 1, 2_200])
def test_pieces_that_end_in_an_error_are_not_written(stored: Stored, count: int) -> None:
    def broken() -> Iterator[bytes]:
        yield from pieces(count)
        raise InvalidRequest("enough")

    with pytest.raises(InvalidRequest, match="enough"):
        stored.store.write_stream(stored.bucket, "a", broken(), if_generation_match=0)
    assert list(stored.store.list(stored.bucket, "")) == []


@pytest.mark.parametrize("count", [1, 2_200])
def test_pieces_do_not_replace_what_another_wrote(stored: Stored, count: int) -> None:
    first = stored.store.write(stored.bucket, "a", b"first", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        stored.store.write_stream(stored.bucket, "a", pieces(count), if_generation_match=0)
    assert stored.store.read(stored.bucket, "a") == (b"first", first)
