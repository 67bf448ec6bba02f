"""The data plane's adapter: what each answer of the platform means."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from shared.core.errors import (
    InvalidRequest,
    ModelNotFound,
    PermissionDenied,
    PlatformUnavailable,
    VersionNotFound,
    VersionNotReady,
)
from shared.gcp.credentials import Tokens
from shared.gcp.predictor import PlatformPredictor
from tests.gcp.bearer import Bearer
from tests.gcp.scripted import DROP, Say, Scripted, scripted

GOOD = Say(body=b'{"predictions":[1]}')


def refusal(status: int, word: str = "") -> Say:
    error = {"code": status, "message": "because", "status": word}
    return Say(status, json.dumps({"error": error}).encode())


def predict(
    server: Scripted, instances: list[Any] | None = None, timeout: float = 5.0
) -> list[Any]:
    async def main() -> list[Any]:
        port = PlatformPredictor(server.url, "p", Tokens(Bearer))
        try:
            return await port.predict("iris", "v1", instances or [[1, 2.5]], timeout=timeout)
        finally:
            await port.close()

    return asyncio.run(main())


def test_the_version_is_asked_by_its_name_with_a_token() -> None:
    with scripted(GOOD) as server:
        assert predict(server) == [1]
        [heard] = server.heard
        assert (heard.method, heard.target) == (
            "POST",
            "/v1/projects/p/models/iris/versions/v1:predict",
        )
        assert heard.headers["authorization"] == "Bearer token-1"
        assert heard.headers["content-type"] == "application/json"
        assert json.loads(heard.body) == {"instances": [[1, 2.5]]}


@pytest.mark.parametrize("told", ["v1", "projects/p/models/iris/versions/v1"])
def test_an_answer_that_names_its_version_is_taken(told: str) -> None:
    said = Say(body=GOOD.body, headers=(("X-Model-Version", told),))
    with scripted(said) as server:
        assert predict(server) == [1]


def test_an_answer_of_another_version_is_never_passed_on() -> None:
    said = Say(body=GOOD.body, headers=(("X-Model-Version", "v2"),))
    with scripted(said) as server, pytest.raises(PlatformUnavailable, match="v2 answered for v1"):
        predict(server)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (refusal(400), InvalidRequest),
        (refusal(400, "FAILED_PRECONDITION"), VersionNotReady),
        (refusal(503, "FAILED_PRECONDITION"), VersionNotReady),
        (refusal(401), PermissionDenied),
        (refusal(403), PermissionDenied),
        (refusal(413), InvalidRequest),
        (refusal(429), PlatformUnavailable),
        (refusal(500), PlatformUnavailable),
        (Say(502, b"<html>"), PlatformUnavailable),
        (Say(302, b""), PlatformUnavailable),
        (Say(200, b'{"error":"because"}'), InvalidRequest),
        (Say(200, b"{}"), PlatformUnavailable),
        (Say(200, b"<html>"), PlatformUnavailable),
        (DROP, PlatformUnavailable),
    ],
)
def test_each_answer_has_its_error(said: Say, error: type[Exception]) -> None:
    with scripted(said) as server, pytest.raises(error):
        predict(server)


def test_a_404_is_the_models_or_the_versions() -> None:
    with scripted(refusal(404), Say()) as server, pytest.raises(VersionNotFound):
        predict(server)
    with scripted(refusal(404)) as server:
        with pytest.raises(ModelNotFound):
            predict(server)
        assert server.heard[1].target == "/v1/projects/p/models/iris"


def test_a_number_that_json_cannot_carry_is_refused_before_it_is_sent() -> None:
    with scripted(GOOD) as server:
        with pytest.raises(InvalidRequest):
            predict(server, [[2**70]])
        assert server.heard == []


def test_a_version_without_a_directory_is_no_answer() -> None:
    async def main(url: str) -> None:
        port = PlatformPredictor(url, "p", Tokens(Bearer))
        try:
            await port.deployment_uri("iris", "v1")
        finally:
            await port.close()

    with scripted(Say()) as server, pytest.raises(PlatformUnavailable):
        asyncio.run(main(server.url))
