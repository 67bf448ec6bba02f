"""The adapter of Vertex AI's custom jobs: one job for one drop, and what it makes of answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.core.errors import DropserveError, InvalidRequest, JobsUnavailable, PermissionDenied
from shared.gcp.vertex.job import Trainer, VertexJobs
from shared.gcp.vertex.name import Location
from tests.contracts.jobs import KEY, Wired, ended, wired
from tests.gcp.bearer import Bearer
from tests.gcp.scripted import DROP, Say, scripted

INPUTS = "gs://models/models/iris/model_1/inputs.json"
PARENT = "projects/591020730428/locations/us-central1"
NONE = Say(body=b"{}")
LIVING = ("QUEUED", "PENDING", "RUNNING", "PAUSED", "UPDATING", "UNSPECIFIED", "SOMETHING_NEW")
ENDED = ("SUCCEEDED", "PARTIALLY_SUCCEEDED", "FAILED", "EXPIRED", "CANCELLED", "CANCELLING")


def job(number: int, state: str = "PENDING", second: int = 0) -> dict[str, Any]:
    created = f"2026-11-22T13:00:{second:02}Z"
    name = f"{PARENT}/customJobs/{number}"
    return {"name": name, "state": f"JOB_STATE_{state}", "createTime": created}


def said(*jobs: dict[str, Any], token: str = "") -> Say:
    """A page of a listing."""
    more = {"nextPageToken": token} if token else {}
    return Say(body=json.dumps({"customJobs": jobs, **more}).encode())


def made(one: dict[str, Any]) -> Say:
    return Say(body=json.dumps(one).encode())


def start(*script: Say) -> tuple[str, list[str]]:
    """What a start gives, and the requests that it took."""
    trainer = Trainer("image:1", "e2-highmem-4", "retrain@p.example", 60.0)
    with scripted(*script) as server:
        jobs = VertexJobs(server.url, Location("p", "us-central1"), Bearer(), trainer, 10)
        try:
            name = jobs.start(INPUTS)
        finally:
            jobs.close()
        targets = [heard.target.partition("?")[0].rpartition("/")[2] for heard in server.heard]
        methods = [heard.method for heard in server.heard]
        return name, [f"{m} {t}" for m, t in zip(methods, targets, strict=True)]


LOOK, CREATE = "GET customJobs", "POST customJobs"


@pytest.mark.parametrize("state", LIVING)
def test_a_job_that_has_not_ended_is_found_and_no_second_one_created(state: str) -> None:
    assert start(said(job(7, state))) == (f"{PARENT}/customJobs/7", [LOOK])


@pytest.mark.parametrize("state", ENDED)
def test_a_job_that_has_ended_is_followed_by_a_new_one(state: str) -> None:
    old, new = job(7, state), job(8)
    found = start(said(old), made(new), said(new, old))
    assert found == (new["name"], [LOOK, CREATE, LOOK])


def test_a_job_on_a_later_page_is_found() -> None:
    first = said(job(1, "FAILED"), token="1")
    assert start(first, said(job(2, "RUNNING")))[1] == [LOOK, LOOK]


def test_of_two_created_at_once_the_younger_is_cancelled_by_who_created_it() -> None:
    mine, other = job(9, second=2), job(8, second=1)
    name, calls = start(NONE, made(mine), said(mine, other), NONE)
    assert name == other["name"]
    assert calls == [LOOK, CREATE, LOOK, "POST 9:cancel"]
    name, calls = start(NONE, made(other), said(mine, other), NONE)
    assert (name, calls) == (other["name"], [LOOK, CREATE, LOOK])


@pytest.mark.parametrize("third", [NONE, DROP, Say(403)], ids=["not listed yet", "lost", "denied"])
def test_a_second_look_that_shows_nothing_leaves_the_new_job_at_work(third: Say) -> None:
    assert start(NONE, made(job(9)), third)[0] == f"{PARENT}/customJobs/9"


@pytest.mark.parametrize(
    ("say", "error"),
    [
        (Say(403, b'{"error":{"message":"aiplatform.customJobs.create"}}'), PermissionDenied),
        (Say(404, b'{"error":{"message":"not switched on"}}'), JobsUnavailable),
        (Say(400, b'{"error":{"message":"no such machine"}}'), InvalidRequest),
        (Say(429, b'{"error":{"message":"quota"}}'), JobsUnavailable),
        (Say(503, b"<html>"), JobsUnavailable),
        (Say(200, b"no json"), JobsUnavailable),
        (Say(200, b'[{"name": 1}]'), JobsUnavailable),
        (Say(200, b'{"name": 1}'), JobsUnavailable),
        (DROP, JobsUnavailable),
    ],
)
def test_every_other_answer_to_a_creation_is_an_error_of_the_tree(
    say: Say, error: type[DropserveError]
) -> None:
    with pytest.raises(error):
        start(NONE, say)


def test_a_look_that_fails_creates_nothing() -> None:
    with pytest.raises(JobsUnavailable):
        start(Say(500))


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Wired]:
    with wired(tmp_path, "aiplatform", "v1") as found:
        yield found


def test_a_redelivery_finds_the_job_of_its_drop_and_another_drop_gets_its_own(
    behind: Wired,
) -> None:
    behind.jobs.cancel = lambda identity: pytest.fail(f"{identity} was cancelled")  # type: ignore[method-assign]
    port = behind.vertex()
    first = port.start(INPUTS)
    living = [one for one in behind.executions if not one.ended]
    assert port.start(INPUTS) == first or not living, "it may have ended in between"
    assert port.start(INPUTS.replace("model_1", "model_2")) != first
    port.close()


def test_after_an_end_the_next_delivery_starts_another(behind: Wired, tmp_path: Path) -> None:
    port = behind.vertex()
    first = port.start(INPUTS)
    for execution in behind.executions:
        ended(execution).save(tmp_path / "jobs")
    assert port.start(INPUTS) != first
    port.close()


def test_the_process_is_told_the_settings_as_they_are(behind: Wired) -> None:
    settings = {"TARGET_NAMES": "a$(b),$(HOME)", "MODEL_NAME": "iris"}
    port = behind.vertex(settings)
    port.start(INPUTS)
    (execution,) = behind.executions
    assert execution.environment == settings
    assert execution.args == (INPUTS,)
    assert execution.asked["encryptionSpec"] == {"kmsKeyName": KEY}
    port.close()
