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

from deploy.doctor import commands as doctor_commands
from deploy.gcloud import line
from deploy.plan import Plan
from deploy.stage import ROOT
from tests.deploy.conftest import Workshop

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
            for words in (step.read, step.create, step.update, step.revive, step.remove)
            if words
        )


def shape(words: Sequence[str]) -> tuple[str, ...]:
    """What the parser looks at: words, flags, and whether a value has signs of its own."""
    flags = [word.partition("=") for word in words if word.startswith("--")]
    given = [name + "^" * bool(re.search(r"[\^(|]", value)) for name, _, value in flags]
    names = [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)]
    return (*names, *sorted(given))


@pytest.mark.gcloud
@pytest.mark.skipif(shutil.which("gcloud") is None, reason="there is no gcloud on PATH")
def test_gcloud_accepts_every_command_of_every_plan(workshop: Workshop, tmp_path: Path) -> None:
    wanted: dict[tuple[str, ...], str] = {}
    for values in PLANS:
        made, plan = workshop.prepare(**values)
        for words in (*commands(plan), *doctor_commands(made)):
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
