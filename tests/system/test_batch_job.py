"""A file that is more than batch_predict takes, on a local cloud: a job predicts for it."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator

import pytest

from benchmarks import cloud as clouds
from benchmarks.cloud import ROOT, Cloud
from shared.core.trigger import BatchDrop, parse_batch_name

IRIS = (ROOT / "examples" / "iris.csv").read_bytes()
HEADER, *ROWS = IRIS.splitlines(keepends=True)
MOST = len(IRIS)
"""Bytes that the function takes."""


@pytest.fixture(scope="module")
def own_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud whose function takes few bytes, with a model `iris`."""
    state = tmp_path_factory.mktemp("batch_job")
    environment = {"MAX_BATCH_BYTES": str(MOST), "MAX_JOB_BATCH_BYTES": str(10 * MOST)}
    with clouds.local_cloud(state, environment=environment) as cloud:
        source = cloud.drop("data/iris/iris.csv", IRIS)
        assert cloud.settled("iris", source)["state"] == "live"
        yield cloud


def predicted(cloud: Cloud, name: str, data: bytes) -> tuple[BatchDrop, dict[str, object]]:
    """What became of a file."""
    drop = parse_batch_name(cloud.drop(f"batch/iris/{name}.csv", data))
    assert isinstance(drop, BatchDrop)
    deadline = time.monotonic() + 60
    while (outcome := cloud.read("state", drop.outcome)) is None:
        assert time.monotonic() < deadline, "no outcome"
        time.sleep(0.05)
    return drop, json.loads(outcome)


def table(cloud: Cloud, drop: BatchDrop) -> list[dict[str, str]]:
    data = cloud.read("state", drop.result)
    assert data is not None
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_a_job_s_output_is_the_function_s(own_cloud: Cloud) -> None:
    small, here = predicted(own_cloud, "small", IRIS)
    large, there = predicted(own_cloud, "large", HEADER + b"".join(ROWS * 3))
    assert here["state"] == there["state"] == "predicted"
    assert there["counts"] == {"rows": 450, "refused": 0, "odd": 0}
    assert there["version"] == here["version"]
    expected = [row["prediction"] for row in table(own_cloud, small)]
    assert [row["prediction"] for row in table(own_cloud, large)] == expected * 3
    assert own_cloud.read("state", small.lease) is None
    assert own_cloud.read("state", large.lease) is not None
    told = (own_cloud.state / "logs" / "batch.log").read_text(encoding="utf-8")
    assert [json.loads(line)["step"] for line in told.splitlines()] == ["predicted"]


def test_more_than_the_job_takes_is_refused(own_cloud: Cloud) -> None:
    _, outcome = predicted(own_cloud, "huge", HEADER + b"".join(ROWS * 11))
    assert outcome["state"] == "refused"
    assert outcome["code"] == "too_large"
