"""The predict function as it runs: its own process, the real store, platform and keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from benchmarks.cloud import ROOT, Cloud
from localcloud.child import ChildCloud
from localcloud.configuration import DEVELOPER
from tests.asgi import Client, Reply
from tests.bad_bodies import BAD

MODEL = "predicted"
GOOD = {"instances": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}
NAMES = ("sepal_length", "sepal_width", "petal_length", "petal_width")


@dataclass
class Live:
    """A model that is live on a local cloud."""

    cloud: Cloud
    version: str

    @cached_property
    def token(self) -> str:
        return self.cloud.token()

    @property
    def path(self) -> str:
        return self.cloud.predict_path(MODEL)

    def ask(self, body: Any = GOOD, path: str = "", bearer: str | None = None) -> Reply:
        """POST by the developer, or by whoever's token it is ("": none)."""
        shown = self.token if bearer is None else bearer
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        client = Client(self.cloud.configuration.ports["predict"])
        return client.send("POST", path or self.path, body, headers)


@pytest.fixture(scope="module")
def live(local_cloud: ChildCloud) -> Live:
    cloud = Cloud(local_cloud.state)
    csv = (ROOT / "examples" / "iris.csv").read_bytes()
    source = cloud.drop(f"data/{MODEL}/iris.csv", csv)
    assert cloud.settled(MODEL, source)["settled"]
    default = cloud.default(MODEL)
    assert default is not None
    return Live(cloud, default.version)


def test_the_two_flowers_are_versicolor_in_either_form(live: Live) -> None:
    by_name = [dict(zip(NAMES, row, strict=True)) for row in GOOD["instances"]]
    for instances in (GOOD["instances"], by_name):
        reply = live.ask({"instances": instances})
        assert reply.status == 200
        assert reply.json == {
            "predictions": ["versicolor", "versicolor"],
            "model_version": live.version,
            "kind": "label",
        }
        assert reply.headers["x-model-version"] == live.version


def test_a_version_in_the_path_is_asked(live: Live) -> None:
    path = live.path.replace(":predict", f"/versions/{live.version}:predict")
    assert live.ask(path=path).json["model_version"] == live.version


@pytest.mark.parametrize("change", ["no-such-model", "/versions/v1", "nothing"])
def test_what_does_not_exist_is_404(live: Live, change: str) -> None:
    path = {
        "no-such-model": live.path.replace(MODEL, "absent"),
        "/versions/v1": live.path.replace(":predict", "/versions/v1:predict"),
        "nothing": "/v1/nothing",
    }[change]
    assert_problem(live.ask(path=path), 404)


def test_only_a_listed_caller_with_a_token_for_this_service_gets_in(live: Live) -> None:
    cloud = live.cloud
    account = cloud.configuration.email("retrain")
    access = cloud.call("metadata-retrain", "GET", TOKEN_PATH, **{"Metadata-Flavor": "Google"})
    assert_problem(live.ask(bearer=""), 401)
    assert_problem(live.ask(bearer=cloud.token(DEVELOPER, "https://elsewhere.example")), 401)
    assert_problem(live.ask(bearer=json.loads(access[1])["access_token"]), 401)
    assert_problem(live.ask(bearer=cloud.token(account)), 403)


TOKEN_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"


def test_no_bad_body_is_a_failure_of_the_service(live: Live) -> None:
    for _, body, _ in BAD:
        assert_problem(live.ask(body), 400)
    assert live.ask().status == 200


def assert_problem(reply: Reply, status: int) -> None:
    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["status"] == status


def test_the_log_of_the_process_holds_nothing_of_paths_queries_and_headers(live: Live) -> None:
    for path in (f"{live.path}?canary4711", "/canary4711", live.path.replace(MODEL, "canary4711")):
        live.ask(path=path)
        live.ask(path=path, bearer="canary4711")
    assert live.ask(GOOD).status == 200
    log = (live.cloud.state / "logs" / "predict.log").read_text(encoding="utf-8")
    assert '"request_id"' in log
    assert "canary4711" not in log
