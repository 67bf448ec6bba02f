"""The asynchronous creator in trouble."""

from __future__ import annotations

import asyncio

import pytest

from shared.core.errors import InvalidRequest, PermissionDenied, StorageUnavailable
from shared.gcp.creator import GoogleObjectCreator
from shared.gcp.credentials import Tokens
from tests.gcp.bearer import Bearer
from tests.gcp.scripted import DROP, HANG, Say, Scripted, scripted


def create(server: Scripted, timeout: float = 5.0) -> None:
    async def main() -> None:
        creator = GoogleObjectCreator(server.url, Tokens(Bearer), timeout=timeout)
        try:
            await creator.create("b", "a b/ü", b"{}", "application/json")
        finally:
            await creator.close()

    asyncio.run(main())


@pytest.mark.parametrize("trouble", [DROP, Say(429), Say(500), Say(503)])
def test_what_may_pass_is_tried_again(trouble: Say) -> None:
    with scripted(trouble, Say(200, b"{}")) as server:
        create(server)
        target = "/upload/storage/v1/b/b/o?uploadType=media&name=a+b%2F%C3%BC&ifGenerationMatch=0"
        assert server.heard[-1].target == target


def test_a_try_whose_answer_was_lost_is_found_to_be_there() -> None:
    with scripted(Say(503), Say(412)) as server:
        create(server)
        assert len(server.heard) == 2


def test_after_three_tries_the_store_is_unavailable() -> None:
    with scripted(Say(503)) as server:
        with pytest.raises(StorageUnavailable, match="gs://b/a b"):
            create(server)
        assert len(server.heard) == 3


def test_silence_ends_at_the_time_out() -> None:
    with scripted(HANG) as server, pytest.raises(StorageUnavailable, match="no answer"):
        create(server, timeout=0.05)


@pytest.mark.parametrize(("status", "error"), [(400, InvalidRequest), (403, PermissionDenied)])
def test_what_will_not_pass_is_told_at_once(status: int, error: type[Exception]) -> None:
    with scripted(Say(status, b'{"error":{"message":"because"}}')) as server:
        with pytest.raises(error, match="because"):
            create(server)
        assert len(server.heard) == 1
