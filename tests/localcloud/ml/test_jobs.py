"""Training jobs on a running local cloud: crashes, cancelling, names, rights. No gcloud needed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from benchmarks.cloud import Cloud
from localcloud.child import ChildCloud
from tests.localcloud.ml.test_task import source_archive

SLOW = b"""
import pathlib, sys, time
print("began", flush=True)
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.02)
"""
JOBS = "/v1/projects/dropserve-local/jobs"
PATIENCE = 30.0


class Api:
    """`projects.jobs` of one local cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def call(self, method: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        status, answer = self.cloud.call("googleapis", method, JOBS + path, data)
        return status, json.loads(answer)

    def submit(self, job: str, *args: str) -> None:
        """Stage a package and run it."""
        archive = source_archive(**{"slow/__init__.py": b"", "slow/task.py": SLOW})
        name = quote(f"staged/{job}.tar.gz", safe="")
        path = f"/upload/storage/v1/b/dropserve-data/o?uploadType=media&name={name}"
        assert self.cloud.call("googleapis", "POST", path, archive)[0] == 200
        uri = f"gs://dropserve-data/staged/{job}.tar.gz"
        training = {"packageUris": [uri], "pythonModule": "slow.task", "args": list(args)}
        status, shown = self.call("POST", "", {"jobId": job, "trainingInput": training})
        assert (status, shown["state"]) == (200, "QUEUED")

    def state(self, job: str) -> str:
        return str(self.call("GET", f"/{job}")[1]["state"])

    def becomes(self, job: str, state: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while (now := self.state(job)) != state:
            assert time.monotonic() < deadline, f"{job} is {now}, not {state}"
            time.sleep(0.02)

    def began(self, job: str, times: int = 1) -> None:
        """Wait until the module has printed its first line that often."""
        log = self.cloud.state / "logs" / f"ml_job.{job}.log"
        deadline = time.monotonic() + PATIENCE
        while not log.exists() or log.read_text(encoding="utf-8").count('"began"') < times:
            assert time.monotonic() < deadline, "it did not begin"
            time.sleep(0.02)


@pytest.fixture
def api(local_cloud: ChildCloud) -> Api:
    return Api(Cloud(local_cloud.state))


def test_jobs_wait_for_their_turn_and_can_be_cancelled(api: Api) -> None:
    go = api.cloud.state / "go_first"
    api.submit("first", str(go))
    api.submit("second", "/nowhere")
    api.submit("third", "/nowhere")
    api.began("first")
    assert [api.state(job) for job in ("first", "second")] == ["RUNNING", "QUEUED"]
    assert api.call("POST", "/second:cancel", {}) == (200, {})
    assert api.state("second") == "CANCELLED"
    go.touch()
    api.becomes("first", "SUCCEEDED")
    api.began("third")
    api.call("POST", "/third:cancel", {})
    api.becomes("third", "CANCELLED")
    assert api.call("POST", "/third:cancel", {}) == (200, {}), "a second time changes nothing"


def test_a_listing_comes_in_pages_the_newest_first(api: Api) -> None:
    go = api.cloud.state / "go_paged"
    go.touch()
    for job in ("paged_a", "paged_b"):
        api.submit(job, str(go))
    first = api.call("GET", "?pageSize=1")[1]
    assert [job["jobId"] for job in first["jobs"]] == ["paged_b"]
    second = api.call("GET", f"?pageSize=1&pageToken={first['nextPageToken']}")[1]
    assert [job["jobId"] for job in second["jobs"]] == ["paged_a"]
    for job in ("paged_a", "paged_b"):
        api.becomes(job, "SUCCEEDED")


def test_wrong_calls_are_refused_as_google_refuses_them(api: Api) -> None:
    def told(method: str, path: str, body: Any = None) -> tuple[int, str]:
        status, answer = api.call(method, path, body)
        assert answer["error"]["code"] == status
        return status, answer["error"]["status"]

    assert told("GET", "/none") == (404, "NOT_FOUND")
    assert told("POST", "/none:cancel", {}) == (404, "NOT_FOUND")
    assert told("POST", "", {"jobId": "a b"}) == (400, "INVALID_ARGUMENT")
    assert told("POST", "", [1]) == (400, "INVALID_ARGUMENT")
    assert told("GET", "?pageToken=x") == (400, "INVALID_ARGUMENT")
    go = api.cloud.state / "go_twice"
    go.touch()
    api.submit("twice", str(go))
    again = {"packageUris": ["gs://a/b"], "pythonModule": "m"}
    assert told("POST", "", {"jobId": "twice", "trainingInput": again}) == (409, "ALREADY_EXISTS")
    status, _ = api.cloud.call("googleapis", "GET", "/v1/projects/other/jobs")
    assert status == 403
    api.becomes("twice", "SUCCEEDED")


def test_a_job_that_a_crash_cut_short_begins_anew(
    start_local_cloud: Callable[..., ChildCloud],
) -> None:
    child = start_local_cloud()
    api = Api(Cloud(child.state))
    go = child.state / "go"
    api.submit("cut", str(go))
    api.submit("waiting", str(go))
    api.began("cut")
    child.kill()
    api = Api(Cloud(start_local_cloud().state))
    api.began("cut", times=2)
    go.touch()
    for job in ("cut", "waiting"):
        api.becomes(job, "SUCCEEDED")
