"""The control plane's adapter in trouble, from several threads, over two planes."""

from __future__ import annotations

import inspect
import json
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import googleapiclient.errors
import httplib2
import pytest
from google.auth import exceptions as auth

from shared.core.errors import (
    AlreadyExists,
    DropserveError,
    InvalidRequest,
    ModelNotFound,
    PermissionDenied,
    PlatformUnavailable,
    VersionNotReady,
)
from shared.core.ports import VersionSpec
from shared.gcp.ai_platform import AiPlatform
from shared.gcp.discovery import translate
from tests.gcp.bearer import Bearer
from tests.gcp.scripted import DROP, HANG, Say, Scripted, scripted

SPEC = VersionSpec("iris", "v1", "gs://b/d/", "2.11", "3.12")
JSON = (("Content-Type", "application/json"),)


def say(value: object, status: int = 200) -> Say:
    return Say(status, json.dumps(value).encode(), JSON)


def refusal(status: int, word: str = "") -> Say:
    return say({"error": {"code": status, "message": "because", "status": word}}, status)


VERSION = {
    "name": "projects/p/models/iris/versions/v1",
    "deploymentUri": "gs://b/d",
    "state": "READY",
}


@pytest.fixture
def platforms() -> Iterator[list[AiPlatform]]:
    made: list[AiPlatform] = []
    yield made
    for platform in made:
        platform.close()


@pytest.fixture
def platform_of(platforms: list[AiPlatform]):
    def make(server: Scripted, deadline: float = 5.0, **more: Any) -> AiPlatform:
        platforms.append(AiPlatform(server.url, "p", Bearer(), deadline=deadline, **more))
        return platforms[-1]

    return make


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequest),
        (401, PermissionDenied),
        (403, PermissionDenied),
        (404, ModelNotFound),
        (409, AlreadyExists),
        (412, InvalidRequest),
        (429, PlatformUnavailable),
        (500, PlatformUnavailable),
        (503, PlatformUnavailable),
    ],
)
def test_each_status_has_its_error_with_the_platforms_words(
    platform_of, status: int, error: type[Exception]
) -> None:
    with scripted(refusal(status)) as server, pytest.raises(error, match="because"):
        platform_of(server, deadline=0).list_versions("iris")


@pytest.mark.parametrize("trouble", [DROP, refusal(429), refusal(503), Say(200, b"<html>", JSON)])
def test_what_may_pass_is_tried_again(platform_of, trouble: Say) -> None:
    with scripted(trouble, trouble, trouble, say({"versions": [VERSION]})) as server:
        assert len(platform_of(server).list_versions("iris")) == 1


def test_trying_again_ends_at_the_deadline(platform_of) -> None:
    with scripted(refusal(503)) as server:
        with pytest.raises(PlatformUnavailable):
            platform_of(server, deadline=0.3).list_versions("iris")
        assert len(server.heard) > 1


def test_a_creation_that_had_arrived_is_success(platform_of) -> None:
    with scripted(DROP, DROP, DROP, refusal(409), say(VERSION)) as server:
        assert platform_of(server).create_version(SPEC) is None


def test_a_409_for_a_version_that_is_not_there_comes_again(platform_of) -> None:
    script = refusal(409), refusal(404), say({"name": "iris"})
    with scripted(*script) as server, pytest.raises(PlatformUnavailable):
        platform_of(server, deadline=0).create_version(SPEC)


def test_a_model_that_somebody_creates_meanwhile_is_there(platform_of) -> None:
    with scripted(refusal(404), refusal(409)) as server:
        platform_of(server).ensure_model("iris")
        assert [heard.method for heard in server.heard] == ["GET", "POST"]


def test_a_good_status_with_an_error_text_is_a_refusal(platform_of) -> None:
    said = say({"error": "Failed (Error code: 2)"})
    with scripted(said) as server, pytest.raises(InvalidRequest, match="Error code: 2"):
        platform_of(server).predict("iris", "v1", [[1]])


def test_only_predict_takes_a_failed_precondition_for_not_ready(platform_of) -> None:
    with scripted(refusal(400, "FAILED_PRECONDITION")) as server:
        platform = platform_of(server)
        with pytest.raises(VersionNotReady):
            platform.predict("iris", "v1", [[1]])
        with pytest.raises(InvalidRequest):
            platform.set_default("iris", "v1")


def test_a_name_that_no_path_can_hold_is_refused_before_it_is_sent(platform_of) -> None:
    with scripted(say({})) as server:
        with pytest.raises(InvalidRequest):
            platform_of(server).get_version("iris", "")
        assert server.heard == []


def test_predict_goes_to_the_data_plane_with_its_own_token(platform_of) -> None:
    with scripted(say({})) as control, scripted(say({"predictions": [1]})) as data:
        credentials = Bearer()
        credentials.refreshed = 41
        platform = platform_of(control, data_url=data.url, data_credentials=credentials)
        assert platform.predict("iris", "v1", [[1]]) == [1]
        assert control.heard == []
        assert data.heard[0].headers["authorization"] == "Bearer token-42"


def test_a_refused_token_is_renewed(platform_of) -> None:
    with scripted(refusal(401), say({})) as server:
        assert platform_of(server).list_versions("iris") == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_call_goes_where_a_redirect_of_the_platform_leads(platform_of, status: int) -> None:
    with scripted(say({"name": "x", "done": True})) as elsewhere:
        place = (("Location", f"{elsewhere.url}/v1/elsewhere"),)
        with scripted(Say(status, b"", place)) as server:
            platform = platform_of(server, 0.1)
            with suppress(DropserveError):
                platform.get_version("iris", "v1")
            with suppress(DropserveError):
                platform.set_default("iris", "v1")
            assert server.heard[0].headers["Authorization"] == "Bearer token-1"
        assert elsewhere.heard == []


def test_calls_of_one_thread_share_a_connection(platform_of) -> None:
    with scripted(say({})) as server:
        platform = platform_of(server)
        for _ in range(3):
            platform.list_versions("iris")
        assert [heard.connection for heard in server.heard] == [1, 1, 1]


def test_a_connection_that_the_server_closed_is_replaced(platform_of) -> None:
    with scripted(Say(200, b"{}", JSON, last=True), say({})) as server:
        platform = platform_of(server, deadline=0)
        platform.list_versions("iris")
        server.closed.acquire()
        platform.list_versions("iris")


def test_sixteen_threads_share_one_platform(platform_of) -> None:
    gate = threading.Barrier(16)
    with scripted(say({"versions": [VERSION]})) as server:
        platform = platform_of(server)

        def ask(_: int) -> str:
            gate.wait()
            return platform.list_versions("iris")[0].version

        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(ask, range(16))) == {"v1"}


def test_a_platform_that_is_silent_is_unavailable(
    platform_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(HANG) as server:
        platform = platform_of(server, deadline=0)
        platform._control._timeout = 0.1
        with pytest.raises(PlatformUnavailable):
            platform.list_versions("iris")


def _kinds(module: object, base: type[Exception]) -> list[type[Exception]]:
    return [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, base) and not issubclass(found, googleapiclient.errors.HttpError)
    ]


@pytest.mark.parametrize(
    "kind",
    [
        *_kinds(auth, auth.GoogleAuthError),
        httplib2.ServerNotFoundError,
        httplib2.error.HttpLib2Error,
        googleapiclient.errors.InvalidJsonError,
        ssl.SSLError,
        ConnectionResetError,
        TimeoutError,
    ],
)
def test_every_error_of_the_client_has_its_place_in_the_tree(kind: type[Exception]) -> None:
    found = translate(kind("why"), "http://h")
    assert isinstance(found, DropserveError)
    assert "why" in str(found)


def test_a_bug_is_not_taken_for_trouble() -> None:
    with pytest.raises(KeyError):
        translate(KeyError("bug"), "http://h")
