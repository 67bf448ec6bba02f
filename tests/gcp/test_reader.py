"""The asynchronous reader in trouble."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any

import pytest

from shared.core.errors import InvalidRequest, ObjectNotFound, PermissionDenied, StorageUnavailable
from shared.core.ports import Fetched
from shared.gcp.credentials import Tokens
from shared.gcp.reader import GoogleObjectReader
from tests.gcp.bearer import Bearer
from tests.gcp.scripted import DROP, HANG, Say, Scripted, scripted


def media(body: bytes, md5_of: bytes | None = None) -> Say:
    digest = hashlib.md5(body if md5_of is None else md5_of).digest()
    checksums = f"crc32c=AAAAAA==,md5={base64.b64encode(digest).decode()}"
    return Say(200, body, (("x-goog-generation", "7"), ("x-goog-hash", checksums)))


def fetch(server: Scripted, name: str = "a", timeout: float = 5.0, **more: Any) -> Fetched:
    async def main() -> Fetched:
        reader = GoogleObjectReader(server.url, Tokens(Bearer), timeout=timeout)
        try:
            return await reader.fetch("b", name, **more)
        finally:
            await reader.close()

    return asyncio.run(main())


@pytest.mark.parametrize("trouble", [DROP, Say(429), Say(500), Say(503)])
def test_what_may_pass_is_tried_again(trouble: Say) -> None:
    with scripted(trouble, media(b"12")) as server:
        assert fetch(server) == Fetched(b"12", 7)


def test_after_three_tries_the_store_is_unavailable() -> None:
    with scripted(Say(503)) as server:
        with pytest.raises(StorageUnavailable, match="gs://b/a"):
            fetch(server)
        assert len(server.heard) == 3


def test_silence_ends_at_the_time_out() -> None:
    with scripted(HANG) as server, pytest.raises(StorageUnavailable, match="no answer"):
        fetch(server, timeout=0.1)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, InvalidRequest), (403, PermissionDenied), (404, ObjectNotFound)],
)
def test_what_will_not_pass_is_told_at_once(status: int, error: type[Exception]) -> None:
    with scripted(Say(status, b'{"error":{"message":"because"}}')) as server:
        with pytest.raises(error, match="gs://b/a: because"):
            fetch(server)
        assert len(server.heard) == 1


def test_a_304_that_nobody_asked_for_is_no_answer() -> None:
    with scripted(Say(304, b"")) as server, pytest.raises(StorageUnavailable):
        fetch(server)


def test_the_bytes_are_checked_by_their_md5() -> None:
    with scripted(media(b"12", md5_of=b"other")) as server, pytest.raises(StorageUnavailable):
        fetch(server)


def test_an_answer_without_a_generation_is_no_answer() -> None:
    with scripted(Say(200, b"12")) as server, pytest.raises(StorageUnavailable):
        fetch(server)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]"])
def test_unreadable_metadata_is_no_answer(body: bytes) -> None:
    async def main(url: str) -> None:
        reader = GoogleObjectReader(url, Tokens(Bearer))
        try:
            await reader.metadata("b", "a")
        finally:
            await reader.close()

    with scripted(Say(200, body)) as server, pytest.raises(StorageUnavailable):
        asyncio.run(main(server.url))


def test_a_surrogate_that_is_no_text_is_refused() -> None:
    with scripted(media(b"12")) as server:
        with pytest.raises(InvalidRequest):
            fetch(server, "\ud800")
        assert server.heard == []


def test_an_object_name_is_one_segment_of_the_path() -> None:
    with scripted(media(b"12")) as server:
        fetch(server, "a/b c+%2F?#.json", if_generation_not_match=5)
        [heard] = server.heard
        assert heard.target == (
            "/storage/v1/b/b/o/a%2Fb%20c%2B%252F%3F%23.json?alt=media&ifGenerationNotMatch=5"
        )
