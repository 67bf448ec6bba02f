"""The adapter of Cloud Run jobs: what it sends, and what it makes of every answer."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from shared.core.errors import DropserveError, InvalidRequest, JobsUnavailable, PermissionDenied
from shared.gcp.jobs import CloudRunJobs, NoJobs
from tests.gcp.bearer import Bearer
from tests.gcp.scripted import DROP, Say, Scripted, scripted

JOB = "projects/p/locations/us-central1/jobs/train"
INPUTS = "gs://models/models/iris/model_1/inputs.json"
STARTED = Say(body=b'{"name":"o/1","metadata":{"name":"%s/executions/train-1"}}' % JOB.encode())


def start(script: list[Say]) -> Iterator[tuple[CloudRunJobs, Scripted]]:
    with scripted(*script) as server:
        jobs = CloudRunJobs(f"http://127.0.0.1:{server.port}", JOB, Bearer(), 10)
        yield jobs, server
        jobs.close()


def test_a_start_overrides_the_argument_and_gives_the_execution_s_name() -> None:
    for jobs, server in start([STARTED]):
        assert jobs.start(INPUTS) == f"{JOB}/executions/train-1"
        (heard,) = server.heard
        assert (heard.method, heard.target) == ("POST", f"/v2/{JOB}:run")
        assert json.loads(heard.body) == {"overrides": {"containerOverrides": [{"args": [INPUTS]}]}}
        assert heard.headers["Authorization"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("say", "error"),
    [
        (Say(403, b'{"error":{"message":"no run.jobs.run"}}'), PermissionDenied),
        (Say(404, b'{"error":{"message":"no such job"}}'), JobsUnavailable),
        (Say(400, b'{"error":{"message":"bad overrides"}}'), InvalidRequest),
        (Say(429), JobsUnavailable),
        (Say(500, b"<html>"), JobsUnavailable),
        (Say(200, b"no json"), JobsUnavailable),
        (Say(200, b"[]"), JobsUnavailable),
        (DROP, JobsUnavailable),
    ],
)
def test_every_other_answer_is_an_error_of_the_tree(say: Say, error: type[DropserveError]) -> None:
    for jobs, _ in start([say]):
        with pytest.raises(error):
            jobs.start(INPUTS)


def test_a_job_that_is_gone_or_denied_may_come_back_and_so_keeps_the_event() -> None:
    assert JobsUnavailable("x").retryable
    assert PermissionDenied("x").retryable


def test_where_no_job_is_set_up_nothing_can_be_handed_over() -> None:
    assert NoJobs().max_bytes == 0
    with pytest.raises(PermissionDenied, match="TRAINING_JOB"):
        NoJobs().start(INPUTS)
