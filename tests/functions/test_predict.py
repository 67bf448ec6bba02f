"""The predict function over real HTTP: real framework, real tokens; store, platform in memory."""

from __future__ import annotations

import io
import json
import os
import queue
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from functions_framework.aio import create_asgi_app

from shared import wiring
from shared.core import errors
from shared.core.schema import Schema
from shared.gcp.id_token import IdTokenAuthenticator
from tests.asgi import Client, Reply, Switch, served
from tests.bad_bodies import BAD
from tests.fakes.platform import FakePlatform, FakePredictor
from tests.fakes.store import FakeObjectReader, FakeObjectStore
from tests.release import IRIS, make_default, put_version, settings
from tests.tokens import AUDIENCE, CALLER, CertsAddress, token

ROOT = Path(__file__).resolve().parent.parent.parent
PATH = "/v1/projects/p/models/iris:predict"
GOOD = {"instances": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}


@dataclass
class World:
    """Everything around one predict function."""

    store: FakeObjectStore
    platform: FakePlatform
    certs: CertsAddress
    client: Client

    def release(self, number: int, schema: Schema | None = IRIS, *, default: bool = True) -> str:
        """A served version; its name."""
        version = put_version(self.store, self.platform, number, schema)
        if default:
            make_default(self.store, version)
        return version

    def predict(self, body: Any = GOOD, *, path: str = PATH, **headers: str) -> Reply:
        """POST as the listed caller; a header set to "" is not sent."""
        sent = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self.client.send("POST", path, body, {k: v for k, v in sent.items() if v})


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Client, Switch]]:
    switch = Switch()
    with served(switch) as client:
        yield client, switch


@pytest.fixture(scope="module")
def address() -> Iterator[CertsAddress]:
    with CertsAddress().serving() as certs:
        yield certs


@pytest.fixture
def world(
    monkeypatch: pytest.MonkeyPatch, server: tuple[Client, Switch], address: CertsAddress
) -> World:
    """A predict function that has answered nothing yet, loaded as the framework loads it."""
    store, platform = FakeObjectStore(), FakePlatform()
    address.reset()
    made = settings(AUDIENCE=AUDIENCE, ALLOWED_CALLERS=CALLER, CERTS_URL=address.url)
    authenticator, predictor = IdTokenAuthenticator(made), FakePredictor(platform)
    monkeypatch.setattr(wiring, "settings", lambda: made)
    monkeypatch.setattr(wiring, "object_reader", lambda: FakeObjectReader(store))
    monkeypatch.setattr(wiring, "predictor", lambda: predictor)
    monkeypatch.setattr(wiring, "authenticator", lambda: authenticator)
    client, switch = server
    switch.app = create_asgi_app("predict", str(ROOT / "functions" / "predict" / "main.py"))
    return World(store, platform, address, client)


def problem(reply: Reply) -> dict[str, Any]:
    """The problem in an answer that must be one."""
    assert reply.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = reply.json
    assert body["status"] == reply.status
    assert body["type"].startswith("urn:dropserve:problem:")
    assert body["title"]
    assert body["detail"]
    return body


def test_instances_by_position_are_predicted_by_the_default_version(world: World) -> None:
    version = world.release(1)
    reply = world.predict()
    assert reply.status == 200
    assert reply.json == {
        "predictions": [6.8, 6.0],
        "model_version": version,
        "kind": "label",
    }
    assert reply.headers["x-model-version"] == version
    assert reply.headers["content-type"] == "application/json"


def test_instances_by_name_are_predicted_in_any_order(world: World) -> None:
    world.release(1)
    row = dict(zip(reversed(IRIS.names), (1.4, 4.8, 2.8, 6.8), strict=True))
    assert world.predict({"instances": [row]}).json["predictions"] == [6.8]


def test_a_version_in_the_path_answers_for_itself(world: World) -> None:
    first = world.release(1)
    world.release(2)
    reply = world.predict(path=f"/v1/projects/p/models/iris/versions/{first}:predict")
    assert (reply.status, reply.json["model_version"]) == (200, first)


def test_paths_written_with_escapes_are_the_same_paths(world: World) -> None:
    world.release(1)
    assert world.predict(path="/v1/projects/p/models/%69ris%3Apredict?alt=json").status == 200


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/vnd.api+json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "APPLICATION/JSON",
    ],
)
def test_json_is_taken_under_the_names_that_clients_give_it(world: World, kind: str) -> None:
    world.release(1)
    assert world.predict(json.dumps(GOOD).encode(), Content_Type=kind).status == 200


TOKENS = [
    ({"Authorization": ""}, 401, "No token came"),
    ({"Authorization": "Bearer"}, 401, "holds no token"),
    ({"Authorization": "Basic YTpi"}, 401, "must say: Bearer"),
    ({"Authorization": "Bearer ya29.abc"}, 401, "access token"),
    ({"Authorization": "Bearer abc"}, 401, "no ID token"),
    ({"Authorization": f"Bearer {token(aud='https://other.example')}"}, 401, "is made for"),
    ({"Authorization": f"Bearer {token(exp=int(time.time()) - 60)}"}, 401, "expired"),
    ({"Authorization": f"Bearer {token(exp='tomorrow')}"}, 401, "exp is no number"),
    ({"Authorization": f"Bearer {token(key='k2', header={'kid': 'k1'})}"}, 401, "signature"),
    ({"Authorization": f"Bearer {token(header={'alg': 'none'})}"}, 401, "signed with none"),
    ({"Authorization": f"Bearer {token(email='a@other.example')}"}, 403, "is not among"),
]


@pytest.mark.parametrize(("headers", "status", "told"), TOKENS, ids=[t[2] for t in TOKENS])
def test_who_may_not_predict_is_told_why(
    world: World, headers: dict[str, str], status: int, told: str
) -> None:
    world.release(1)
    reply = world.predict(**headers)
    assert reply.status == status
    assert told in problem(reply)["detail"]
    challenge = reply.headers.get("www-authenticate", "")
    assert challenge.startswith("Bearer ") is (status == 401)
    assert ("invalid_token" in challenge) is (status == 401 and "No token" not in told)
    assert world.platform.calls[3:] == []


def test_two_authorization_headers_are_not_chosen_between(world: World) -> None:
    world.release(1)
    body = json.dumps(GOOD)
    one, two = token(email="a@other.example"), token()
    for first, second in ((one, two), (two, one)):
        answer = world.client.raw(
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Authorization: Bearer {first}\r\nAuthorization: Bearer {second}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(("body", "pointers"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_body_is_told_all_its_faults(world: World, body: bytes, pointers: list[str]) -> None:
    world.release(1)
    reply = world.predict(body)
    told = problem(reply)
    assert reply.status == 400
    assert [fault["pointer"] for fault in told.get("errors", [])] == pointers
    assert all(fault["message"] for fault in told.get("errors", []))
    assert "predict" not in [call[0] for call in world.platform.calls]


def test_without_a_card_bad_json_is_refused_all_the_same(world: World) -> None:
    world.release(1, None)
    for _, body, pointers in BAD:
        told = world.predict(body)
        if not pointers or pointers[0] in ("", "/instances"):
            assert problem(told)["status"] == 400
        assert told.status in (200, 400)


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", PATH, 405, "POST"),
        ("PUT", PATH, 405, "POST"),
        ("DELETE", PATH, 405, "POST"),
        ("PATCH", PATH, 405, "POST"),
        ("OPTIONS", PATH, 405, "POST"),
        ("POST", "/", 405, "GET, HEAD"),
        ("POST", "/v1/projects/p/models/iris", 405, "GET, HEAD"),
        ("POST", "/v1/projects/p/models/iris:explain", 404, None),
        ("POST", "/v1/projects/p/models/iris:predict/", 404, None),
        ("POST", "//v1/projects/p/models/iris:predict", 404, None),
        ("POST", "/v1/projects//models/iris:predict", 404, None),
        ("POST", "/v1/projects/p/models/:predict", 404, None),
        ("POST", "/v1/projects/p/models/no-name:predict", 404, None),
        ("POST", "/v1/projects/p/models/..%2Firis:predict", 404, None),
        ("POST", "/v1/projects/p/models/iris/versions/:predict", 404, None),
        ("POST", "/v1/projects/p/models/iris/versions/v-1:predict", 404, None),
        ("POST", f"/v1/projects/p/models/{'x' * 129}:predict", 404, None),
        ("POST", "/v1/projects/p/models/iris%00:predict", 404, None),
        ("POST", "/v1/projects/p/models/%FF:predict", 404, None),
        ("POST", "/V1/projects/p/models/iris:predict", 404, None),
        ("POST", "/v1/projects/p/models/rose:predict", 404, None),
        ("POST", "/v1/projects/p/models/iris/versions/v9:predict", 404, None),
        ("GET", "/healthz", 404, None),
        ("GET", "/.env", 404, None),
        ("POST", f"/{'x' * 5000}", 404, None),
    ],
)
def test_what_is_not_there_is_a_problem_too(
    world: World, method: str, path: str, status: int, allow: str | None
) -> None:
    world.release(1)
    headers = {"Authorization": f"Bearer {token()}"}
    reply = world.client.send(method, path, GOOD, headers)
    assert reply.status == status
    problem(reply)
    assert reply.headers.get("allow") == allow


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "text/csv"},
        {"Content_Type": "application/xml"},
        {"Content_Type": "multipart/form-data; boundary=x"},
        {"Content_Type": "application/json; charset=latin-1"},
        {"Content_Encoding": "gzip"},
        {"Content_Encoding": "br"},
    ],
    ids=str,
)
def test_a_body_of_another_kind_is_refused(world: World, headers: dict[str, str]) -> None:
    world.release(1)
    reply = world.predict(**headers)
    assert reply.status == 415
    problem(reply)


@pytest.mark.parametrize("size", [1_572_865, 3_000_000, 30_000_000])
def test_a_body_that_is_too_large_is_refused_in_words(world: World, size: int) -> None:
    world.release(1)
    reply = world.predict(b" " * size)
    assert reply.status == 413
    assert "1572864" in problem(reply)["detail"]


def test_a_body_of_the_largest_size_is_read(world: World) -> None:
    world.release(1)
    data = json.dumps(GOOD).encode()
    assert world.predict(data + b" " * (1_572_864 - len(data))).status == 200


def test_a_body_without_a_length_is_read_within_the_limit(world: World) -> None:
    world.release(1)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Bearer {token()}\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    data = json.dumps(GOOD).encode()
    small = b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)
    assert world.client.raw(head + small).startswith(b"HTTP/1.1 200 ")
    piece = b"%x\r\n%s\r\n" % (1 << 20, b" " * (1 << 20))
    assert world.client.raw(head + piece * 2 + b"0\r\n\r\n").startswith(b"HTTP/1.1 413 ")


def test_the_front_page_says_what_this_is(world: World) -> None:
    reply = world.client.send("GET", "/")
    assert reply.status == 200
    assert b"POST /v1/projects/PROJECT/models/MODEL:predict" in reply.body
    assert world.client.send("HEAD", "/").status == 200


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.PlatformUnavailable("secret"), 503, "platform_unavailable"),
        (errors.VersionNotReady("secret"), 503, "version_not_ready"),
        (errors.PermissionDenied("secret"), 502, "upstream"),
        (errors.InvalidRequest("the model cannot"), 400, "invalid_request"),
        (RuntimeError("secret"), 500, "internal"),
    ],
    ids=str,
)
def test_a_failure_behind_us_is_told_as_such(
    world: World,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    status: int,
    kind: str,
) -> None:
    world.release(1)

    def fail(operation: str, model: str, version: str) -> None:
        raise error

    world.platform.on_call = fail
    reply = world.predict()
    assert reply.status == status
    assert problem(reply)["type"] == f"urn:dropserve:problem:{kind}"
    assert b"secret" not in reply.body
    assert (reply.headers.get("retry-after") == "1") is (status == 503)
    line = json.loads(capsys.readouterr().out)
    assert line["severity"] == ("ERROR" if status >= 500 else "INFO")
    assert line["error"] == kind


def test_a_store_that_does_not_answer_is_a_503(world: World) -> None:
    def fail(operation: str, bucket: str, name: str) -> None:
        raise errors.StorageUnavailable("secret")

    world.store.on_call = fail
    reply = world.predict()
    assert reply.status == 503
    assert reply.headers["retry-after"] == "1"
    problem(reply)


def test_keys_that_cannot_be_had_are_a_503(world: World) -> None:
    world.release(1)
    world.certs.status = 500
    assert problem(world.predict())["status"] == 503


def test_one_line_is_logged_a_request_and_holds_no_token_and_no_value(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    version = world.release(1)
    bearer = token()
    reply = world.predict(
        {"instances": [[47.11, 2, 3, 4]]},
        Authorization=f"Bearer {bearer}",
        X_Request_Id="my-request",
        traceparent=f"00-{'a' * 32}-{'b' * 16}-01",
    )
    line = json.loads(capsys.readouterr().out)
    seconds, stamp = line.pop("seconds"), line.pop("time")
    assert 0 < seconds < 60
    assert stamp.endswith("Z")
    asked = line.pop("httpRequest")
    assert asked.pop("latency").endswith("s")
    assert asked == {
        "requestMethod": "POST",
        "requestUrl": "/v1/projects/{project}/models/{model}:predict",
        "status": 200,
        "responseSize": str(len(reply.body)),
    }
    assert line == {
        "severity": "INFO",
        "message": "predict",
        "logging.googleapis.com/trace": f"projects/p/traces/{'a' * 32}",
        "logging.googleapis.com/spanId": reply.headers["traceparent"].split("-")[2],
        "logging.googleapis.com/trace_sampled": True,
        "request_id": "my-request",
        "model": "iris",
        "version": version,
        "caller": CALLER,
        "instances": 1,
        "status": 200,
    }


def test_no_word_of_a_request_comes_back_or_is_logged(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.release(1)
    canary = "canary4711"
    rows = [[canary] * 4, canary, dict.fromkeys(IRIS.names, canary), {"a": [canary]}]
    replies = [
        world.predict({"instances": rows}),
        world.predict({"instances": canary}),
        world.predict(canary.encode()),
        world.predict(f'{{"instances": [["{canary}\\x"]]}}'.encode()),
        world.predict(Authorization=f"Bearer {canary}"),
        world.predict(Authorization=f"{canary} x"),
        world.predict(Content_Type=canary),
        world.predict(Content_Encoding=canary),
        world.predict(path=f"/v1/projects/{canary}/models/-{canary}:predict"),
        world.predict(X_Custom=canary, path=f"/{canary}?{canary}"),
    ]
    assert all(reply.status in (400, 401, 404, 415) for reply in replies)
    assert not [reply.body for reply in replies if canary.encode() in reply.body]
    world.predict(Authorization=f"Bearer {token(aud=canary)}")
    world.predict({"instances": [dict.fromkeys([*IRIS.names, canary], 1)]})
    assert canary not in capsys.readouterr().out


class Lines(io.StringIO):
    """A standard output whose lines can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: queue.Queue[str] = queue.Queue()

    def write(self, text: str) -> int:
        self.lines.put(text)
        return len(text)


def test_a_caller_that_hangs_up_half_way_is_no_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Lines()
    monkeypatch.setattr(sys, "stdout", output)
    world.release(1)
    world.predict()
    with socket.create_connection(("127.0.0.1", world.client.port)) as connection:
        connection.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token()}\r\n"
            "Content-Length: 100\r\n\r\n{".encode()
        )
    told = [json.loads(output.lines.get(timeout=20)) for _ in range(2)]
    assert [line["status"] for line in told] == [200, 499]


HEAVY = ["pandas", "numpy", "scipy", "sklearn", "joblib", "googleapiclient", "google.cloud.storage"]
LATER = ["google.auth", "cryptography", "aiohttp", "shared.gcp"]
IMPORTED = f"""
import sys
from functions_framework.aio import create_asgi_app
import functions.predict.main
create_asgi_app("predict", "functions/predict/main.py")
print([name for name in {HEAVY + LATER} if name in sys.modules])
"""
BUILT = f"""
import sys
import functions.predict.main
from shared import wiring
wiring.authenticator(), wiring.object_reader(), wiring.predictor()
print([name for name in {HEAVY} if name in sys.modules])
"""


def fresh(program: str, **environment: str) -> str:
    """What a program prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_at_import_nothing_is_read_and_no_client_is_loaded() -> None:
    assert fresh(IMPORTED) == "[]"


def test_a_first_request_loads_no_library_of_training_or_of_the_control_plane() -> None:
    with CertsAddress().serving() as certs:
        host = certs.url.removeprefix("http://").removesuffix("/certs")
        printed = fresh(
            BUILT,
            GOOGLE_CLOUD_PROJECT="p",
            DATA_BUCKET="d",
            MODELS_BUCKET="m",
            STATE_BUCKET="s",
            PREDICT_AUTH="id_token",
            AUDIENCE="a",
            ALLOWED_CALLERS="c",
            GCE_METADATA_HOST=host,
            GCE_METADATA_IP=host,
        )
    assert printed == "[]"
