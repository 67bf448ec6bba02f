"""The real gcloud's own parser takes every command of every plan, and shellcheck the door."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cli.deployment import find
from cli.signin import SignedIn
from deploy.configuration import configure
from deploy.doctor import commands as doctor_commands
from deploy.gcloud import line
from deploy.plan import Plan
from deploy.stage import ROOT
from tests.deploy.conftest import Workshop
from tests.deploy.fake_gcloud import FakeGcloud
from tests.tokens import token

EVERYTHING = {
    "operators": ["ops@example.com"],
    "callers": ["group:team@example.com", "domain:example.com"],
    "key": "projects/k/locations/us-central1/keyRings/r/cryptoKeys/c",
    "connector": "projects/my-project/locations/us-central1/connectors/c",
    "settings": {"TARGET_NAMES": "species,label"},
    "secrets": {"NOTIFY_URL": "hook", "NOTIFY_SECRET": "sign:3"},
}
PLANS = (
    {},
    {"notify": "", "location": "us", "keep_overwritten_days": 0},
    EVERYTHING,
    {"platform": "vertex-ai"},
    {"platform": "ai-platform", "endpoint": "https://ml.example.com", "endpoint_token": "access"},
    {
        "buckets": {"data": "our-data"},
        "accounts": {"build": "builder@my-project.iam.gserviceaccount.com"},
    },
)


def commands(plan: Plan) -> Iterator[tuple[str, ...]]:
    """Every command that a plan could run."""
    for step in plan.steps:
        yield from (
            words
            for words in (
                *(step.read, step.create, step.update),
                *(step.mend, step.revive, step.remove),
            )
            if words
        )


def shape(words: Sequence[str]) -> tuple[str, ...]:
    """What the parser looks at: words, flags, and whether a value has signs of its own."""
    flags = [word.partition("=") for word in words if word.startswith("--")]
    given = [name + "^" * bool(re.search(r"[\^(|]", value)) for name, _, value in flags]
    names = [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)]
    return (*names, *sorted(given))


class Listening(FakeGcloud):
    """Hears the verbs of ./run with --cloud."""

    def identity(self, account: str, audience: str) -> str:
        return token(aud=audience, email=account)


def verb_commands() -> Iterator[tuple[str, ...]]:
    """Every command by which the verbs with --cloud sign in and find what was deployed."""
    machine = "ci@my-project.iam.gserviceaccount.com"
    for account, acts_as in (("me@example.com", ""), (machine, ""), ("me@example.com", machine)):
        gcloud = Listening()
        auth = {"impersonate_service_account": acts_as} if acts_as else {}
        properties = {"core": {"account": account}, "auth": auth}
        gcloud.state["person"] = {"properties": properties}
        gcloud.state["services"] = {"x": {"metadata": {"name": "dropserve-predict"}}}
        person = SignedIn(gcloud)
        find(configure({"project": "my-project"}), "", person)
        person.id_token("https://x-uc.a.run.app")
        assert len(gcloud.log) == 3
        yield from gcloud.log


@pytest.mark.gcloud
@pytest.mark.skipif(shutil.which("gcloud") is None, reason="there is no gcloud on PATH")
def test_gcloud_accepts_every_command_of_every_plan(workshop: Workshop, tmp_path: Path) -> None:
    wanted: dict[tuple[str, ...], str] = {}
    for values in PLANS:
        made, plan = workshop.prepare(**values)
        for words in (*commands(plan), *doctor_commands(made), *verb_commands()):
            wanted.setdefault(shape(words), line(words))
    assert len(wanted) > 90
    file = tmp_path / "commands.json"
    rows = [{"command_string": text} for text in wanted.values()]
    file.write_text(json.dumps(rows), encoding="utf-8")
    environment = {**os.environ, "CLOUDSDK_CONFIG": str(tmp_path / "gcloud")}
    done = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={file}"],
        cwd=workshop.folder,
        env={**environment, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert len(answers) == len(wanted)
    refused = [(a["command_string"], a["error_message"]) for a in answers if not a["success"]]
    assert refused == []


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="there is no shellcheck on PATH")
@pytest.mark.parametrize("script", ["deploy.sh", "run"])
def test_shellcheck_finds_nothing(script: str) -> None:
    done = subprocess.run(
        ["shellcheck", str(ROOT / script)], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    assert done.returncode == 0
