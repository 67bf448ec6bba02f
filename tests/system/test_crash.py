"""kill -9 at any moment: every accepted drop becomes a version, and no process is left behind."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import chaos
from benchmarks.cloud import ROOT, Cloud, kill
from localcloud.orphan import orphans
from shared.core.artifact import drop_id, lease_name, version_name
from shared.core.lease import Lease
from shared.core.source import Source

IRIS = ROOT / "examples" / "iris.csv"
pytestmark = pytest.mark.timeout(300)
KILLS, SEED = 5, 6


def long_csv(times: int) -> bytes:
    """Iris again and again: a training that lasts."""
    header, rows = IRIS.read_text(encoding="utf-8").split("\n", 1)
    return f"{header}\n{rows * times}".encode()


def test_a_short_campaign_of_kills_loses_nothing(tmp_path: Path) -> None:
    """`./run bench chaos` is the long one."""
    assert chaos.run(tmp_path / "chaos", KILLS, SEED) == []


def test_everything_is_killed_in_the_middle_of_a_drop(
    start: Callable[..., Cloud], tmp_path: Path
) -> None:
    first = start()
    source = first.drop("data/iris/long.csv", long_csv(60))
    wait_for_attempt(first, source, 1)
    kill(first.supervisor, *first.processes())
    assert first.child is not None
    first.child.process.wait()
    assert wait_until_gone(first)

    second = start()
    assert second.settled("iris", source)["state"] == "live"
    (version,) = second.versions("iris")
    assert (version["state"], version.get("isDefault")) == ("READY", True)
    assert version["name"].endswith(version_name(source))
    assert second.child is not None
    assert second.child.stop() == 0
    assert orphans(second.state) == []


def wait_until_gone(cloud: Cloud, seconds: float = 10) -> bool:
    """Whether no process of it is left."""
    deadline = time.monotonic() + seconds
    while orphans(cloud.state) and time.monotonic() < deadline:
        time.sleep(0.02)
    return orphans(cloud.state) == []


def test_the_third_death_in_training_exhausts_a_drop_and_no_other(
    start: Callable[..., Cloud],
) -> None:
    cloud = start(environment={"LEASE_SECONDS": "0.5", "TRAINING_JOB": ""})
    before = cloud.drop("data/iris/iris.csv", IRIS.read_bytes())
    assert cloud.settled("iris", before)["state"] == "live"
    source = cloud.drop("data/iris/deadly.csv", long_csv(150))
    for attempt in (1, 2, 3):
        wait_for_attempt(cloud, source, attempt)
        kill(*processes_of(cloud, "retrain"))
    story = cloud.settled("iris", source)
    assert story["state"] == "exhausted"
    assert story["attempts"] == 3
    assert story["reason"].startswith("3 attempts were begun and none ended.")
    (version,) = cloud.versions("iris")
    assert version["name"].endswith(version_name(before))
    after = cloud.drop("data/iris/iris.csv", IRIS.read_bytes())
    assert cloud.settled("iris", after)["state"] == "live"
    assert cloud.idle()


def test_what_the_function_dies_of_three_times_a_job_trains(start: Callable[..., Cloud]) -> None:
    cloud = start(environment={"LEASE_SECONDS": "0.5"})
    source = cloud.drop("data/iris/deadly.csv", long_csv(150))
    for attempt in (1, 2, 3):
        wait_for_attempt(cloud, source, attempt)
        kill(*processes_of(cloud, "retrain"))
    story = cloud.settled("iris", source)
    assert story["state"] == "live"
    (handed,) = [step for step in story["steps"] if step.get("execution")]
    assert handed["reason"] == "3 attempts did not end"
    assert cloud.idle()


def wait_for_attempt(cloud: Cloud, source: Source, number: int, seconds: float = 30) -> None:
    """Until that attempt at training has begun."""
    name = lease_name("iris", drop_id(source))
    deadline = time.monotonic() + seconds
    while True:
        data = cloud.read("state", name)
        if data and Lease.from_json(data).attempt == number:
            return
        assert time.monotonic() < deadline, json.loads(data or b"null")
        time.sleep(0.005)


def processes_of(cloud: Cloud, function: str) -> list[int]:
    """The processes of one function."""
    shown = subprocess.run(
        ["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    )
    commands = dict(line.split(None, 1) for line in shown.stdout.splitlines())
    ours = cloud.processes()
    found = [one for one in ours if f"--target {function} " in commands.get(str(one), "")]
    assert found
    return found
