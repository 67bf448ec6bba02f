"""The contract of `TrainingJobs`, held by the fake and by both real adapters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.core.errors import PermissionDenied
from tests.contracts.jobs import KINDS, MOST, Started

ONE = "gs://models/models/iris/model_1/inputs.json"
OTHER = "gs://models/models/iris/model_2/inputs.json"


@pytest.fixture(params=KINDS)
def jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Started]:
    with KINDS[request.param](tmp_path) as started:
        yield started


def test_a_job_may_be_given_so_many_bytes(jobs: Started) -> None:
    assert jobs.port.max_bytes == MOST


def test_each_start_names_an_execution_that_is_given_its_inputs(jobs: Started) -> None:
    names = {jobs.port.start(ONE), jobs.port.start(OTHER)}
    assert len(names) == 2
    assert all("/" in name for name in names)
    assert jobs.started() == [ONE, OTHER]


def test_who_may_not_start_a_job_starts_none_and_the_event_stays(jobs: Started) -> None:
    jobs.deny()
    with pytest.raises(PermissionDenied) as caught:
        jobs.port.start(ONE)
    assert caught.value.retryable
    assert jobs.started() == []
