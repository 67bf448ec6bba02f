"""The store's adapter in trouble: broken connections, refusals, corruption, silence."""

from __future__ import annotations

import base64
import inspect
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import google_crc32c
import pytest
import requests
import urllib3
from google.api_core import exceptions as api_core
from google.auth import exceptions as auth

from shared.core.errors import (
    DropserveError,
    ObjectNotFound,
    PermissionDenied,
    PreconditionFailed,
    StorageUnavailable,
)
from shared.gcp.storage import GoogleObjectStore, translate
from tests.gcp.bearer import Bearer
from tests.gcp.scripted import DROP, HANG, Say, Scripted, scripted

FACTS = (
    b'{"bucket":"b","name":"a","generation":"7","metageneration":"1","size":"5",'
    b'"timeCreated":"2026-01-02T03:04:05.678Z","contentType":"text/csv"}'
)
STAT = Say(body=FACTS)


def media(
    body: bytes, cut: int | None = None, crc_of: bytes | None = None, status: int = 200
) -> Say:
    checksum = google_crc32c.Checksum(body if crc_of is None else crc_of).digest()
    return Say(
        status,
        body,
        (
            ("x-goog-generation", "7"),
            ("x-goog-hash", f"crc32c={base64.b64encode(checksum).decode()}"),
        ),
        cut=cut,
    )


def refusal(status: int, message: str = "because") -> Say:
    body = f'{{"error":{{"code":{status},"message":"{message}"}}}}'
    return Say(status, body.encode())


@pytest.fixture
def stores() -> Iterator[list[GoogleObjectStore]]:
    made: list[GoogleObjectStore] = []
    yield made
    for store in made:
        store.close()


@pytest.fixture
def store_of(stores: list[GoogleObjectStore]):
    def make(server: Scripted, deadline: float = 5.0) -> GoogleObjectStore:
        stores.append(GoogleObjectStore(server.url, "p", Bearer(), deadline=deadline))
        return stores[-1]

    return make


@pytest.mark.parametrize("trouble", [DROP, refusal(429), refusal(500), refusal(503)])
def test_what_may_pass_is_tried_again(store_of, trouble: Say) -> None:
    with scripted(trouble, trouble, STAT) as server:
        assert store_of(server).stat("b", "a").generation == 7
        assert len(server.heard) == 3


@pytest.mark.parametrize("trouble", [DROP, refusal(429), refusal(503)])
def test_a_write_is_tried_again_with_its_precondition(store_of, trouble: Say) -> None:
    with scripted(trouble, STAT) as server:
        meta = store_of(server).write("b", "a", b"12345", if_generation_match=6)
        assert meta.time_created == "2026-01-02T03:04:05.678Z"
        assert all("ifGenerationMatch=6" in heard.target for heard in server.heard)
        assert b'"crc32c"' in server.heard[1].body


def test_a_write_that_had_arrived_meets_itself(store_of) -> None:
    with scripted(DROP, refusal(412)) as server, pytest.raises(PreconditionFailed):
        store_of(server).write("b", "a", b"12345", if_generation_match=0)


def test_trying_again_ends_at_the_deadline(store_of) -> None:
    with scripted(refusal(503)) as server:
        with pytest.raises(StorageUnavailable, match="gs://b/a: because"):
            store_of(server, deadline=0.3).stat("b", "a")
        assert len(server.heard) > 1


@pytest.mark.parametrize("status", [400, 403, 404, 412])
def test_what_will_not_pass_is_told_at_once(store_of, status: int) -> None:
    with scripted(refusal(status)) as server:
        store = store_of(server)
        for name, call in {
            "stat": lambda: store.stat("b", "a"),
            "read": lambda: store.read("b", "a", 7),
            "open": lambda: store.open("b", "a", 7),
            "write": lambda: store.write("b", "a", b"1", if_generation_match=0),
            "delete": lambda: store.delete("b", "a", if_generation_match=7),
            "list": lambda: list(store.list("b", "a")),
        }.items():
            with pytest.raises(DropserveError, match="because") as caught:
                call()
            # A right or bucket that is missing now may be there when the event comes again.
            missing = status == 403 or (status, name) == (404, "write")
            assert caught.value.retryable is missing
        assert len(server.heard) == 6


def test_a_write_that_finds_nothing_found_no_bucket_and_may_come_again(store_of) -> None:
    with (
        scripted(refusal(404)) as server,
        pytest.raises(StorageUnavailable, match="no bucket b: gs://b/a: because"),
    ):
        store_of(server).write("b", "a", b"1", if_generation_match=0)


def test_a_refused_token_is_renewed_once(store_of) -> None:
    with scripted(refusal(401), STAT) as server:
        store_of(server).stat("b", "a")
        tokens = [heard.headers["authorization"] for heard in server.heard]
        assert tokens == ["Bearer token-1", "Bearer token-2"]


def test_a_token_that_stays_refused_is_permission_denied(store_of) -> None:
    with scripted(refusal(401)) as server, pytest.raises(PermissionDenied):
        store_of(server).stat("b", "a")


def test_a_read_checks_the_bytes_by_their_crc32c(store_of) -> None:
    with (
        scripted(STAT, media(b"1,2\r\n", crc_of=b"other")) as server,
        pytest.raises(StorageUnavailable),
    ):
        store_of(server).read("b", "a")


def test_a_read_takes_the_bytes_of_the_generation_that_it_looked_up(store_of) -> None:
    with scripted(STAT, media(b"12345")) as server:
        assert store_of(server).read("b", "a")[1].generation == 7
        assert "generation=7" in server.heard[1].target


def test_a_stream_without_a_length_is_not_taken_for_whole_when_it_is_cut(store_of) -> None:
    data = b"x" * 300_000
    first = media(data, cut=1000)
    headers = (*first.headers, ("x-goog-stored-content-length", str(len(data))))
    cut = Say(200, data, headers, cut=1000, unsized=True)
    with scripted(cut, media(data[1000:], status=206)) as server:
        with store_of(server).open("b", "a", 7) as stream:
            assert stream.read() == data
        assert server.heard[1].headers["range"] == "bytes=1000-"


def test_a_read_takes_up_a_newer_generation_when_its_own_was_overwritten(store_of) -> None:
    with scripted(STAT, refusal(404), STAT, media(b"12345")) as server:
        assert store_of(server).read("b", "a")[0] == b"12345"


def test_a_pinned_read_does_not(store_of) -> None:
    with scripted(STAT, refusal(404)) as server, pytest.raises(ObjectNotFound):
        store_of(server).read("b", "a", 7)


def test_a_stream_goes_on_where_it_broke_off(store_of) -> None:
    data = bytes(range(256)) * 4096
    first, rest = media(data, cut=700_001), media(data[700_001:], status=206)
    with scripted(first, rest) as server:
        with store_of(server).open("b", "a", 7) as stream:
            assert stream.read() == data
        assert server.heard[1].headers["range"] == "bytes=700001-"
        assert all("generation=7" in heard.target for heard in server.heard)


def test_a_stream_whose_generation_went_meanwhile_is_not_found(store_of) -> None:
    with scripted(media(b"x" * 300_000, cut=1000), refusal(404)) as server:
        stream = store_of(server).open("b", "a", 7)
        with stream, pytest.raises(ObjectNotFound):
            stream.read()


def test_a_stream_of_other_bytes_than_the_store_holds_fails_at_its_end(store_of) -> None:
    with scripted(media(b"1,2\r\n3,4", crc_of=b"other")) as server:
        stream = store_of(server).open("b", "a", 7)
        assert stream.readline() == b"1,2\r\n"
        with stream, pytest.raises(StorageUnavailable, match="crc32c"):
            stream.read()


def test_a_stream_that_cannot_go_on_gives_up_at_the_deadline(store_of) -> None:
    with scripted(media(b"x" * 300_000, cut=1000), DROP) as server:
        stream = store_of(server, deadline=0.3).open("b", "a", 7)
        with stream, pytest.raises(StorageUnavailable):
            stream.read()


def test_an_unpacked_stream_is_read_without_the_packed_ones_checksum(store_of) -> None:
    headers = (("x-goog-stored-content-encoding", "gzip"), ("x-goog-hash", "crc32c=AAAAAA=="))
    with scripted(Say(200, b"1,2\n", headers)) as server:
        assert store_of(server).open("b", "a", 7).read() == b"1,2\n"


def test_sixteen_threads_share_one_store(store_of) -> None:
    gate = threading.Barrier(16)
    with scripted(STAT) as server:
        store = store_of(server)

        def stat(_: int) -> int:
            gate.wait()
            return store.stat("b", "a").generation

        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(stat, range(16))) == {7}
        once = len({heard.connection for heard in server.heard})
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(stat, range(16)))
        assert len({heard.connection for heard in server.heard}) <= max(once, 16)


def test_a_call_is_one_request_on_one_connection(store_of) -> None:
    with scripted(STAT) as server:
        store = store_of(server)
        store.stat("b", "a")
        store.write("b", "a", b"12345", if_generation_match=0)
        store.delete("b", "a", if_generation_match=7)
        assert [heard.method for heard in server.heard] == ["GET", "POST", "DELETE"]
        assert {heard.connection for heard in server.heard} == {1}


def test_nothing_is_asked_before_the_first_call() -> None:
    with scripted(STAT) as server:
        credentials = Bearer()
        GoogleObjectStore(server.url, "p", credentials)
        assert (server.heard, credentials.refreshed) == ([], 0)


def _raised_by(module: object, base: type[Exception]) -> list[type[Exception]]:
    return [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, base) and not issubclass(found, Warning | ValueError)
    ]


@pytest.mark.parametrize(
    "kind",
    [
        *_raised_by(api_core, api_core.GoogleAPICallError),
        *_raised_by(requests.exceptions, requests.RequestException),
        *_raised_by(auth, auth.GoogleAuthError),
        OSError,
        ConnectionResetError,
        TimeoutError,
        urllib3.exceptions.ProtocolError,
        urllib3.exceptions.DecodeError,
    ],
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_every_error_of_the_client_has_its_place_in_the_tree(kind: type[Exception]) -> None:
    found = translate(kind("why"), "gs://b/a")
    assert isinstance(found, DropserveError)
    assert "why" in str(found)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"generation":"7"}'])
def test_an_answer_that_is_none_is_no_answer(store_of, body: bytes) -> None:
    with scripted(Say(body=body)) as server, pytest.raises(StorageUnavailable):
        store_of(server, deadline=0.1).stat("b", "a")


def test_a_bug_is_not_taken_for_trouble() -> None:
    with pytest.raises(KeyError):
        translate(KeyError("bug"), "gs://b/a")


def test_a_store_that_is_silent_is_unavailable(store_of, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.gcp.storage._TIMEOUT_SECONDS", (0.2, 0.2))
    with scripted(HANG) as server, pytest.raises(StorageUnavailable):
        store_of(server, deadline=0.1).stat("b", "a")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_our_token_does_not_go_where_a_redirect_of_the_store_leads(store_of, status: int) -> None:
    with scripted(STAT) as elsewhere:
        place = (("Location", f"{elsewhere.url}/storage/v1/b/b/o/a"),)
        with scripted(Say(status, b"", place)) as server:
            with suppress(DropserveError):
                store_of(server, 0.1).stat("b", "a")
            with suppress(DropserveError):
                store_of(server, 0.1).write("b", "a", b"x", if_generation_match=0)
            assert server.heard[0].headers["Authorization"] == "Bearer token-1"
        assert not [one for one in elsewhere.heard if "Authorization" in one.headers]
