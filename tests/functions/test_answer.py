"""What goes around an answer: warnings, probabilities, deadlines, traces, origins."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared import wiring
from shared.core import errors
from shared.core.schema import Feature, Schema
from shared.core.setting import SettingsError
from shared.gcp.api_key import ApiKeyAuthenticator
from shared.gcp.id_token import IdTokenAuthenticator
from shared.workflows.keys import KeyRing
from tests.fakes.store import FakeObjectReader
from tests.functions.test_predict import GOOD, PATH, World, address, problem, server, world
from tests.tokens import CALLER, token

__all__ = ["address", "server", "world"]

RANGED = Schema(
    (Feature("size", "numeric", 0.0, 10.0), Feature("weight", "numeric", nullable=True)),
    "price",
    ("cheap", "dear"),
)
ODD = {"instances": [{"size": 11, "weight": None}]}


def test_what_is_odd_is_predicted_and_told(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.release(1, RANGED)
    answer = world.predict(ODD).json
    assert answer["predictions"] == [11]
    assert [warning["pointer"] for warning in answer["warnings"]] == [
        "/instances/0/size",
        "/instances/0/weight",
    ]
    assert answer["warning_count"] == 2
    assert json.loads(capsys.readouterr().out)["warnings"] == 2


def test_a_strict_request_refuses_what_is_odd(world: World) -> None:
    world.release(1, RANGED)
    reply = world.predict({**ODD, "parameters": {"strict": True}})
    assert reply.status == 400
    assert len(problem(reply)["errors"]) == 2


def test_probabilities_come_with_the_label(world: World) -> None:
    world.release(1)
    answer = world.predict({**GOOD, "parameters": {"probabilities": True}}).json
    assert answer["kind"] == "probabilities"
    assert answer["predictions"][0] == {"label": 6.8, "probabilities": {"6.8": 1.0}}


def test_a_model_of_numbers_has_no_probabilities(world: World) -> None:
    world.release(1, Schema((Feature("a"),), "y", None))
    assert world.predict({"instances": [[1]]}).json["kind"] == "number"
    reply = world.predict({"instances": [["x"]], "parameters": {"probabilities": True}})
    pointers = [fault["pointer"] for fault in problem(reply)["errors"]]
    assert pointers == ["/parameters/probabilities", "/instances/0/0"]


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"probability": True}, "/parameters/probability"),
        ({"strict": "yes"}, "/parameters/strict"),
        ({"probabilities": 1}, "/parameters/probabilities"),
        (None, "/parameters"),
    ],
    ids=str,
)
def test_parameters_that_mean_nothing_are_told(world: World, parameters: Any, pointer: str) -> None:
    world.release(1)
    told = problem(world.predict({**GOOD, "parameters": parameters}))
    assert [fault["pointer"] for fault in told["errors"]] == [pointer]


def test_what_old_clients_send_beside_instances_is_let_pass(world: World) -> None:
    world.release(1)
    assert world.predict({**GOOD, "signature_name": "serving_default"}).status == 200


def test_a_spent_deadline_is_504(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.release(1)
    assert world.predict().status == 200

    async def hang(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(wiring.predictor(), "predict", hang)
    reply = world.predict(X_Request_Timeout="0.05")
    assert reply.status == 504
    assert problem(reply)["type"].endswith(":deadline_exceeded")


def test_the_platform_is_given_what_is_left_of_the_time(world: World) -> None:
    world.release(1)
    for told, most in (("2.5", 2.5), ("600", 60), ("", 10)):
        assert world.predict(X_Request_Timeout=told).status == 200
        assert most - 2 < wiring.predictor().timeouts[-1] <= most  # type: ignore[attr-defined]


def test_a_timeout_that_is_none_is_refused(world: World) -> None:
    world.release(1)
    reply = world.predict(X_Request_Timeout="soon")
    assert (reply.status, problem(reply)["type"]) == (400, "urn:dropserve:problem:invalid_header")


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.PlatformBusy("x"), 429, "platform_busy"),
        (errors.PlatformUnavailable("x"), 503, "platform_unavailable"),
    ],
)
def test_a_pause_that_the_platform_asks_for_is_passed_on(
    world: World, error: errors.RetryableError, status: int, kind: str
) -> None:
    world.release(1)
    error.retry_after = 17.0

    def fail(operation: str, model: str, version: str) -> None:
        raise error

    world.platform.on_call = fail
    reply = world.predict()
    assert (reply.status, reply.headers["retry-after"]) == (status, "17")
    assert problem(reply)["type"].endswith(f":{kind}")


def test_the_request_id_is_in_header_and_problem_of_every_answer(world: World) -> None:
    world.release(1)
    for headers in ({}, {"Authorization": ""}, {"Content_Type": "text/csv"}):
        reply = world.predict(X_Request_Id="id-7", **headers)
        assert reply.headers["x-request-id"] == "id-7"
        if reply.status != 200:
            assert problem(reply)["request_id"] == "id-7"
    assert len(world.predict().headers["x-request-id"]) == 32


def test_the_trace_comes_back_under_a_span_of_ours(world: World) -> None:
    world.release(1)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    reply = world.predict(X_Cloud_Trace_Context=f"{trace}/17;o=1")
    assert reply.headers["traceparent"].startswith(f"00-{trace}-")


PREFLIGHT = {
    "Origin": "https://app.example",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization",
}


def test_pages_of_other_origins_are_not_answered_by_default(world: World) -> None:
    world.release(1)
    assert world.client.send("OPTIONS", PATH, headers=PREFLIGHT).status == 405
    reply = world.predict(Origin="https://app.example")
    assert not [name for name in reply.headers if name.startswith("access-control")]


def test_pages_of_a_listed_origin_may_ask_and_read(world_for_pages: World) -> None:
    world_for_pages.release(1)
    asked = world_for_pages.client.send("OPTIONS", PATH, headers=PREFLIGHT)
    assert asked.status == 204
    assert "content-length" not in asked.headers
    assert asked.headers["access-control-allow-origin"] == "https://app.example"
    assert "Authorization" in asked.headers["access-control-allow-headers"]
    for headers in ({}, {"Authorization": ""}):
        reply = world_for_pages.predict(Origin="https://app.example", **headers)
        assert reply.headers["access-control-allow-origin"] == "https://app.example"
        assert reply.headers["vary"] == "Origin"


def test_an_origin_hides_nothing_else_that_an_answer_varies_by(world_for_pages: World) -> None:
    page = world_for_pages.client.send("GET", "/", headers={"Accept": "text/html"})
    assert page.headers["vary"] == "Accept, Origin"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/projects/p/models/none", 404),
        ("GET", PATH, 405),
        ("GET", "/nowhere", 404),
        ("GET", "/v1/projects/p/models/iris/versions/v1/report", 404),
    ],
)
def test_a_refusal_is_kept_by_nobody_on_the_way(
    world: World, method: str, path: str, status: int
) -> None:
    reply = world.client.send(method, path, headers={"Authorization": f"Bearer {token()}"})
    assert (reply.status, reply.headers["cache-control"]) == (status, "no-store")


def test_pages_of_an_origin_that_is_not_listed_stay_out(world_for_pages: World) -> None:
    world_for_pages.release(1)
    other = {**PREFLIGHT, "Origin": "https://evil.example"}
    assert world_for_pages.client.send("OPTIONS", PATH, headers=other).status == 405
    reply = world_for_pages.predict(Origin="https://evil.example")
    assert "access-control-allow-origin" not in reply.headers
    assert reply.headers["vary"] == "Origin"


@pytest.fixture
def world_for_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A function whose CORS_ORIGINS lists one origin."""
    made = replace(wiring.settings(), cors_origins=("https://app.example",))
    monkeypatch.setattr(wiring, "settings", lambda: made)
    return world


def with_settings(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Other settings, and an authenticator that reads them."""
    made = replace(wiring.settings(), **changes)
    authenticator = IdTokenAuthenticator(made)
    monkeypatch.setattr(wiring, "settings", lambda: made)
    monkeypatch.setattr(wiring, "authenticator", lambda: authenticator)


def test_a_model_that_the_caller_may_not_ask_is_403_whether_it_is_there_or_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(monkeypatch, caller_models=(f"{CALLER}=rose",))
    world.release(1)
    for path in (PATH, PATH.replace("iris", "absent")):
        reply = world.predict(path=path)
        assert reply.status == 403
        assert problem(reply)["type"].endswith(":model_not_allowed")
    assert world.predict(path=PATH.replace("iris", "rose")).status == 404


def test_a_caller_that_asks_too_often_is_told_when_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(monkeypatch, quota_per_minute=2)
    world.release(1)
    replies = [world.predict() for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert problem(replies[2])["type"].endswith(":quota_exceeded")
    assert 1 <= int(replies[2].headers["retry-after"]) <= 30


def test_api_keys_get_in_where_the_setting_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = KeyRing(world.store, "state", lambda: datetime.now(UTC))
    text, _ = ring.create("web-shop", ("iris",))
    made = ApiKeyAuthenticator(wiring.settings(), FakeObjectReader(world.store), {})
    monkeypatch.setattr(wiring, "authenticator", lambda: made)
    world.release(1)
    assert world.predict(Authorization="", X_API_Key=text).status == 200
    other = world.predict(path=PATH.replace("iris", "rose"), Authorization="", X_API_Key=text)
    assert other.status == 403
    for headers in ({"X_API_Key": "x"}, {}):
        reply = world.predict(**headers)
        assert (reply.status, reply.headers["www-authenticate"]) == (
            401,
            'X-API-Key realm="dropserve"',
        )


def test_settings_that_do_not_work_are_told_to_the_log_only(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise SettingsError("STATE_BUCKET is missing")

    monkeypatch.setattr(wiring, "settings", fail)
    reply = world.predict()
    assert reply.status == 503
    assert problem(reply)["type"].endswith(":settings")
    assert b"STATE_BUCKET" not in reply.body
    assert "STATE_BUCKET is missing" in json.loads(capsys.readouterr().out)["reason"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/robots.txt", 404),
        ("POST", "/v1/projects/a%0Ab/models/iris:predict", 200),
        ("POST", "/v1/projects/p/models/ir%0Ais:predict", 404),
        ("POST", "/a%0Db", 404),
        ("TRACE", PATH, 405),
    ],
)
def test_what_the_framework_would_answer_in_plain_text_is_ours_too(
    world: World, method: str, path: str, status: int
) -> None:
    world.release(1)
    assert world.predict().status == 200
    headers = {"Authorization": f"Bearer {token()}"}
    reply = world.client.send(method, path, GOOD, headers)
    assert reply.status == status
    if status != 200:
        problem(reply)
