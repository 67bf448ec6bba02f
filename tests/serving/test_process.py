"""The process: it starts, tells what is wrong, drains, and splits into two planes."""

from __future__ import annotations

import http.client
import json
import signal
import socket

import pytest

from benchmarks import drain
from shared.core import roles
from tests.localcloud.process import GoogleApis, call
from tests.serving.process import environment, serving, start, store
from tests.serving.world import FLOWERS, written


def test_it_answers_for_its_health(apis: GoogleApis) -> None:
    with serving(apis.configuration) as running:
        answer = call(f"http://127.0.0.1:{running.port}/healthz")
        assert (answer.status, answer.json) == (200, {"status": "ok"})
        assert running.end(signal.SIGTERM) == 0


def test_settings_that_do_not_work_are_all_named(apis: GoogleApis) -> None:
    wrong = {"PORT": "x", "SERVING_PLANE": "all", "CACHE_MODELS": "0"}
    process = start(environment(apis.configuration, **wrong))
    text = "".join(process.communicate(timeout=30))
    assert process.returncode == 2
    for name in wrong:
        assert name in text
    assert "Traceback" not in text


def test_a_port_that_is_taken_is_told_with_the_way_out(apis: GoogleApis) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = start(environment(apis.configuration, PORT=str(port)))
        text = "".join(process.communicate(timeout=30))
    assert process.returncode == 2
    assert f"127.0.0.1:{port}" in text
    assert "PORT" in text
    assert "Traceback" not in text


def test_a_request_that_is_under_way_is_answered_after_sigterm(apis: GoogleApis) -> None:
    with serving(apis.configuration) as running:
        running.api.create_model("drained")
        uri = written(store(apis.configuration), apis.configuration.buckets["models"], 30)
        running.api.create_version("v1", uri, model="drained")
        body = json.dumps({"instances": FLOWERS}).encode()
        path = f"/v1/projects/{running.project}/models/drained:predict"
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
            "Expect: 100-continue\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", running.port), timeout=20) as connection:
            connection.sendall(head.encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 100")
            running.process.send_signal(signal.SIGTERM)
            connection.sendall(body)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert answer.status == 200
            assert json.loads(answer.read()) == {"predictions": [1, 1]}
        assert running.process.wait(10) == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_of_requests_that_were_sent_before_sigterm_none_is_lost(
    apis: GoogleApis, workers: int
) -> None:
    lost, longest = drain.campaign(apis.configuration, 1, 24, workers)
    assert lost == 0
    assert longest < drain.LIMIT_SECONDS


def test_two_planes_in_two_processes_prove_a_version_over_http(apis: GoogleApis) -> None:
    configuration = apis.configuration
    objects, bucket = store(configuration), configuration.buckets["models"]
    good, bad = written(objects, bucket, 31), written(objects, bucket, 32, predictions=[0, 0])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = {"AI_PLATFORM_DATA_URL": f"http://127.0.0.1:{port}"}
    own = {"SERVING_PLANE": "data", "PORT": str(port)}
    with (
        serving(configuration, **address, SERVING_PLANE="control") as control,
        serving(configuration, **address, **own) as data,
    ):
        control.api.create_model("split")
        assert control.api.create_version("v1", good, model="split").json["done"] is True
        failed = control.api.create_version("v2", bad, model="split").json["error"]["message"]
        assert "golden requests" in failed
        denied = control.api.create_version("v3", "gs://nowhere/x/", model="split").json
        assert "Failed to load model" in denied["error"]["message"]
        for path in ("/models/split", "/models/split/versions/v1", "/models/split/versions/v2"):
            assert data.api.call("GET", path).json == control.api.call("GET", path).json
        for path in ("/models/none", "/models/split/versions/none"):
            assert data.api.call("GET", path).status == 404
        answer = data.api.call("POST", "/models/split:predict", {"instances": FLOWERS})
        assert answer.json == {"predictions": [1, 1]}
    with serving(configuration, **address, SERVING_PLANE="control") as control:
        answer = control.api.create_version("v4", good, model="split")
        assert answer.status == 503, "the data plane is gone"
        assert control.api.call("GET", "/models/split/versions/v4").json["state"] == "CREATING"


def test_each_plane_leaves_the_others_methods_alone(apis: GoogleApis) -> None:
    with serving(apis.configuration, SERVING_PLANE="data") as data:
        for method, path in (
            ("POST", "/models"),
            ("GET", "/models"),
            ("DELETE", "/models/m"),
            ("GET", "/operations"),
        ):
            answer = data.api.call(method, path, {})
            assert (answer.status, answer.json["error"]["status"]) == (501, "UNIMPLEMENTED")
    with serving(apis.configuration, SERVING_PLANE="control") as control:
        answer = control.api.call("POST", "/models/m:predict", {})
        assert answer.status == 501
        assert "projects.predict" in answer.json["error"]["message"]


@pytest.mark.parametrize("account", [roles.PREDICT, roles.DEPLOY_VERSION])
def test_a_real_token_of_an_account_opens_what_is_the_accounts(
    apis: GoogleApis, account: str
) -> None:
    url = apis.configuration.url("serving")
    token = apis.metadata(
        account,
        "/computeMetadata/v1/instance/service-accounts/default/identity"
        f"?audience={url}&format=full",
    ).text
    with serving(apis.configuration) as running:
        headers = {"Authorization": f"Bearer {token}"}
        models = f"http://127.0.0.1:{running.port}/v1/projects/{running.project}/models"
        status = call(models, headers=headers).status
        assert status == (200 if account == roles.DEPLOY_VERSION else 403)
        assert call(f"{models}/none", headers=headers).status == 404
