"""Both jobs by the commands of their images, in the folders that those are built from."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.cloud import ROOT, Cloud
from benchmarks.staged import model_of
from benchmarks.staged_part import reconcile_part, run_job
from shared.core.lease import JOB

CSV = (ROOT / "examples" / "iris.csv").read_bytes()
SECONDS = 30.0


def test_a_csv_without_events_goes_live_by_the_reconcile_job_and_the_training_job(
    start: Callable[..., Cloud],
) -> None:
    cloud = start(switches={"drop_share": "1.0"}, environment={"MAX_CSV_BYTES": "1000"})
    source = cloud.drop("data/iris/iris.csv", CSV)
    reconcile = reconcile_part(cloud.configuration, Path(sys.executable))
    assert '"sent": 1' in run_job(reconcile)
    deadline = time.monotonic() + SECONDS
    while not model_of(cloud, "iris", source):
        assert time.monotonic() < deadline, cloud.story("iris", source)
        time.sleep(0.02)
    run_job(reconcile)
    story = cloud.settled("iris", source, SECONDS)
    assert story["state"] == "live", story
    assert JOB in [step.get("place") for step in story["steps"]]
