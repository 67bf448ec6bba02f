"""The everyday verbs as processes: what they print, and the exit codes that scripts rely on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cloud import ROOT, Cloud
from tests.system.scenario import READ_CSV, revoke
from tests.system.shell import shell_environment

IRIS = ROOT / "examples" / "iris.csv"
LIVE, REFUSED, USAGE, NOT_DEFAULT, SUPERSEDED, RUNNING = range(6)


@pytest.fixture
def cloud(own_cloud: Cloud) -> Iterator[Cloud]:
    """A local cloud with all rights as they should be."""
    yield own_cloud
    revoke(own_cloud)


def begin(cloud: Cloud, verb: str, *words: str | Path) -> subprocess.Popen[str]:
    """Type a verb."""
    line = [sys.executable, "-m", "cli", verb, "--state", str(cloud.state), *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(line, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, what it said, what it complained of. Never a traceback."""
    said, complained = process.communicate(timeout=60)
    assert "Traceback" not in complained, complained
    return process.returncode, said, complained


def run(cloud: Cloud, verb: str, *words: str | Path) -> tuple[int, str, str]:
    return end(begin(cloud, verb, *words))


def drop(cloud: Cloud, model: str, *words: str | Path, file: Path = IRIS) -> tuple[int, Any]:
    """`./run drop --json`: exit code and the folded ledger."""
    code, said, _ = run(cloud, "drop", file, "--model", model, "--json", *words)
    return code, json.loads(said) if said else None


def test_0_a_live_drop_and_what_it_serves(cloud: Cloud, tmp_path: Path) -> None:
    code, story = drop(cloud, "verbal")
    assert (code, story["state"], story["model"], story["settled"]) == (
        LIVE,
        "live",
        "verbal",
        True,
    )
    steps = [step["step"] for step in story["steps"]]
    assert steps == ["received", "trained", "created", "live"]
    version = story["version"]
    rows = tmp_path / "rows.csv"
    header, first, *_ = IRIS.read_text(encoding="utf-8").splitlines()
    rows.write_text(f"{header.rpartition(',')[0]}\n{first.rpartition(',')[0]}\n", encoding="utf-8")
    for given in ("[[5.1, 3.5, 1.4, 0.2]]", rows):
        code, said, _ = run(cloud, "predict", "verbal", given, "--json")
        assert (code, json.loads(said)) == (
            0,
            {"predictions": ["setosa"], "model_version": version, "kind": "label"},
        )
    code, said, _ = run(cloud, "predict", "verbal", ROOT / "examples" / "request.json")
    assert (code, said.splitlines()[0]) == (0, '["versicolor", "versicolor"]')
    code, said, _ = run(cloud, "versions", "verbal")
    assert (code, said.split()[:3]) == (0, ["*", version, "READY"])
    code, said, _ = run(cloud, "logs", "--service", "retrain")
    assert (code, "verbal: trained" in said) == (0, True)


def test_1_a_refused_drop_tells_line_and_column(cloud: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(IRIS.read_text(encoding="utf-8").replace("4.9,3.0", "4.9,wide", 1), "utf-8")
    code, said, complained = run(cloud, "drop", file, "--model", "refused_by_verb")
    assert code == REFUSED
    assert "refused" in said
    assert "line 3, column 'sepal_width'" in complained
    code, story = drop(cloud, "refused_by_verb", file=file)
    assert (code, story["state"]) == (REFUSED, "refused")
    assert (story["findings"][0]["line"], story["findings"][0]["column"]) == (3, "sepal_width")


def test_2_a_usage_error_uploads_nothing(cloud: Cloud) -> None:
    assert run(cloud, "drop", "no_such.csv")[0] == USAGE
    code, _, complained = run(cloud, "drop", IRIS, "--model", "Not-A-Name")
    assert (code, "data/not_a_name/" in complained) == (USAGE, True)
    assert run(cloud, "drop")[0] == USAGE
    assert cloud.names("data", "data/not") == []


def test_3_a_person_chose_an_older_version(cloud: Cloud) -> None:
    (_, older), (_, newer) = drop(cloud, "chosen"), drop(cloud, "chosen")
    name = f"projects/{cloud.configuration.project}/models/chosen/versions/{older['version']}"
    assert cloud.call("serving", "POST", f"/v1/{name}:setDefault", b"{}")[0] == 200
    code, said, complained = run(cloud, "drop", IRIS, "--model", "chosen")
    assert code == NOT_DEFAULT
    assert "ready, and not the default" in said
    assert "./run promote chosen v" in complained
    code, story = drop(cloud, "chosen")
    assert (code, story["state"], story["reason"]) == (NOT_DEFAULT, "ready", "pinned")
    assert story["default"] == older["version"] != newer["version"]
    assert (
        json.loads(run(cloud, "predict", "chosen", "[[5.1, 3.5, 1.4, 0.2]]", "--json")[1])[
            "model_version"
        ]
        == (older["version"])
    )


def test_4_a_drop_that_was_overwritten_before_it_was_read(cloud: Cloud) -> None:
    revoke(cloud, READ_CSV)
    first = begin(cloud, "drop", IRIS, "--model", "overtaken", "--json")
    deadline = time.monotonic() + 30
    while not cloud.sources("overtaken"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    (source,) = cloud.sources("overtaken")
    cloud.drop(source.name, IRIS.read_bytes())
    revoke(cloud)
    code, said, _ = end(first)
    assert (code, json.loads(said)["state"]) == (SUPERSEDED, "superseded")


def test_5_a_drop_that_takes_longer_than_one_waits(cloud: Cloud) -> None:
    revoke(cloud, READ_CSV)
    code, story = drop(cloud, "slow", "--timeout", "0.2")
    assert (code, story["settled"]) == (RUNNING, False)
    (source,) = cloud.sources("slow")
    revoke(cloud)
    assert cloud.settled("slow", source)["state"] == "live"


def test_env_in_a_shell_names_everything(cloud: Cloud) -> None:
    environment = shell_environment(cloud.state)
    configuration = cloud.configuration
    expected = {
        "PREDICT_URL": configuration.url("predict"),
        "AI_PLATFORM_URL": configuration.url("serving"),
        "STORAGE_EMULATOR_HOST": configuration.url("googleapis"),
        "GOOGLE_CLOUD_PROJECT": configuration.project,
        **{f"{kind.upper()}_BUCKET": name for kind, name in configuration.buckets.items()},
    }
    assert environment.items() >= expected.items()
    assert environment["PREDICT_TOKEN"].count(".") == 2
    assert [name for name in environment if name.startswith("CLOUDSDK_API_ENDPOINT_OVERRIDES_")]


def test_what_is_forgotten_is_gone_from_every_bucket_and_callers_have_the_version_before(
    cloud: Cloud,
) -> None:
    _, before = drop(cloud, "forgetful")
    _, story = drop(cloud, "forgetful")
    words = ("forgetful", "--drop", story["drop"])
    code, listed, _ = run(cloud, "forget", *words, "--dry-run")
    assert code == 0
    assert f"moves from {story['version']} to {before['version']}" in listed
    assert cloud.names("models", f"models/forgetful/model_{story['drop']}/")
    code, _, complained = run(cloud, "forget", *words)
    assert (code, "--yes" in complained) == (USAGE, True)
    code, said, _ = run(cloud, "forget", *words, "--yes")
    assert code == 0
    assert "nothing that was deleted is kept" in said
    for kind in ("data", "models", "state"):
        left = [n for n in cloud.names(kind, "") if story["drop"] in n]
        assert all(n.startswith(("ledger/", "serving/operations/")) for n in left), left
    assert [v["name"].rsplit("/", 1)[-1] for v in cloud.versions("forgetful")] == [
        before["version"]
    ]
    default = cloud.default("forgetful")
    assert default is not None
    assert default.version == before["version"]
