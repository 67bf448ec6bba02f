"""Who may ask the predict function, by curl as the README shows it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass

import pytest

from benchmarks.cloud import ROOT, Cloud
from localcloud.configuration import DEVELOPER
from tests import tokens
from tests.asgi import Client, Reply

CURL = shutil.which("curl")
MODEL = "called"
GOOD = {"instances": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}


@dataclass
class Door:
    """The predict function of a live model, as the environment of `./run env` shows it."""

    cloud: Cloud
    environment: dict[str, str]
    version: str

    @property
    def path(self) -> str:
        """The path that the README's curl asks."""
        return f"/v1/projects/{self.environment['GOOGLE_CLOUD_PROJECT']}/models/{MODEL}:predict"

    def ask(self, token: str | None) -> Reply:
        """POST the two flowers, by curl where there is one."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        if CURL is None:
            return Client(self.cloud.configuration.ports["predict"]).send(
                "POST", self.path, GOOD, headers
            )
        return curl(self.environment["PREDICT_URL"] + self.path, headers)


def curl(url: str, headers: dict[str, str]) -> Reply:
    """The same by curl, which sends a form's content type where nobody says otherwise."""
    words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    done = subprocess.run(
        [CURL or "curl", "-sS", "-i", *words, "-d", json.dumps(GOOD), url],
        capture_output=True,
        check=True,
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    fields = {name.lower(): value.strip() for name, _, value in pairs}
    return Reply(int(first.split()[1]), fields, body)


@pytest.fixture(scope="module")
def door(cloud: Cloud, environment: dict[str, str]) -> Door:
    csv = (ROOT / "examples" / "iris.csv").read_bytes()
    story = cloud.settled(MODEL, cloud.drop(f"data/{MODEL}/iris.csv", csv))
    assert story["state"] == "live"
    return Door(cloud, environment, story["version"])


def test_the_caller_of_run_env_is_answered(door: Door) -> None:
    reply = door.ask(door.environment["PREDICT_TOKEN"])
    assert reply.status == 200
    assert reply.json["predictions"] == ["versicolor", "versicolor"]
    assert reply.json["model_version"] == reply.headers["x-model-version"] == door.version


def test_without_a_token_it_is_401_with_a_challenge(door: Door) -> None:
    reply = door.ask(None)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == 'Bearer realm="dropserve"'
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["another audience", "forged", "tampered", "no token at all"])
def test_a_token_that_proves_nothing_is_401(door: Door, kind: str) -> None:
    good = door.environment["PREDICT_TOKEN"]
    audience = door.environment["PREDICT_URL"]
    token = {
        "another audience": lambda: door.cloud.token(DEVELOPER, "https://elsewhere.example"),
        "forged": lambda: tokens.token(aud=audience, email=DEVELOPER),
        "tampered": lambda: good[:-8] + ("A" * 8 if good[-8:] != "A" * 8 else "B" * 8),
        "no token at all": lambda: "secret",
    }[kind]()
    reply = door.ask(token)
    assert reply.status == 401
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]
    assert "x-model-version" not in reply.headers


def test_a_caller_who_is_known_and_not_listed_is_403(door: Door) -> None:
    reply = door.ask(door.cloud.token("somebody@dropserve.example"))
    assert reply.status == 403
    assert reply.json["type"] == "urn:dropserve:problem:caller_not_listed"
    assert "www-authenticate" not in reply.headers
