"""Sampled requests from the running predict function: kept, told nowhere, written at its end."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import cloud as clouds
from benchmarks.cloud import ROOT, Cloud
from localcloud.configuration import DEVELOPER
from shared.core.source import Source

CANARY = 4711.0815
REQUESTS = 20


@pytest.fixture(scope="module")
def own_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud that keeps every request."""
    state = tmp_path_factory.mktemp("samples")
    with clouds.local_cloud(state, environment={"SAMPLE_SHARE": "1"}) as cloud:
        yield cloud


def released(cloud: Cloud, model: str) -> Source:
    source = cloud.drop(f"data/{model}/iris.csv", (ROOT / "examples" / "iris.csv").read_bytes())
    assert cloud.settled(model, source)["state"] == "live"
    assert cloud.idle()
    return source


def ask(cloud: Cloud, model: str) -> None:
    body = json.dumps({"instances": [[CANARY, 2.8, 4.8, 1.4]]}).encode()
    headers = {"Authorization": f"Bearer {cloud.token()}"}
    status, answer = cloud.call("predict", "POST", cloud.predict_path(model), body, **headers)
    assert status == 200, answer


def end_predict(cloud: Cloud) -> None:
    """SIGTERM, as Cloud Run sends it; until the process is gone."""
    for process in cloud.processes():
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        if b"predict" in words and b"--target" in words:
            os.kill(process, signal.SIGTERM)
    cloud.recover()


def samples(cloud: Cloud, model: str, wanted: int) -> list[dict[str, Any]]:
    """Every line that was kept of a model, once there are so many."""
    deadline = time.monotonic() + 20
    while True:
        found = [cloud.read("state", name) for name in cloud.names("state", f"samples/{model}/")]
        lines = [json.loads(line) for data in found if data for line in data.splitlines()]
        if len(lines) >= wanted or time.monotonic() > deadline:
            return lines
        time.sleep(0.02)


def test_what_waits_is_written_at_the_end_of_the_process_and_told_in_no_log(
    own_cloud: Cloud,
) -> None:
    released(own_cloud, "kept")
    for _ in range(REQUESTS):
        ask(own_cloud, "kept")
    end_predict(own_cloud)
    lines = samples(own_cloud, "kept", REQUESTS)
    assert len(lines) == REQUESTS
    default = own_cloud.default("kept")
    assert default is not None
    assert {line["version"] for line in lines} == {default.version}
    assert all(line["instances"] == [[CANARY, 2.8, 4.8, 1.4]] for line in lines)
    assert all(line["warning_count"] == 1 for line in lines)
    assert DEVELOPER not in json.dumps(lines)
    logs = b"".join(path.read_bytes() for path in (own_cloud.state / "logs").iterdir())
    assert str(CANARY).encode() not in logs
    assert b"samples_dropped" not in logs
