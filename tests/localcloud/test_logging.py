"""Cloud Logging's two methods and its filter language, with the requests that gcloud sends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.logfilter import BadFilter, compile_filter
from tests.localcloud.process import Answer, GoogleApis, call, googleapis

PROJECT = "dropserve-local"
ENTRY: dict[str, Any] = {
    "resource": {"type": "ml_job", "labels": {"job_id": "J_1", "service_name": "retrain"}},
    "timestamp": "2026-11-22T10:00:00.500000Z",
    "severity": "WARNING",
    "jsonPayload": {"message": "Loss is 0.25", "loss": 0.25},
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ('resource.type="ml_job"', True),
        ('resource.type="cloudml_job"', False),
        ('resource.type="ML_JOB"', True),
        ('(resource.type="ml_job" OR resource.type="x") AND resource.labels.job_id="J_1"', True),
        ('resource.type="ml_job" resource.labels.job_id="J_2"', False),
        ("resource.labels.job_id=J_1", True),
        ('resource.labels."job_id"="J_1"', True),
        ('timestamp>="2026-11-22T10:00:00.5Z"', True),
        ('timestamp>"2026-11-22T10:00:00.5Z"', False),
        ('timestamp<"2026-11-22T12:00:01+02:00"', True),
        ("severity>=INFO", True),
        ("severity>=ERROR", False),
        ("severity<ERROR AND severity!=INFO", True),
        ("jsonPayload.loss<0.3", True),
        ("jsonPayload.loss>0.3", False),
        ("jsonPayload.message:loss", True),
        ('jsonPayload.message=~"^Loss.*[0-9]$"', True),
        ('jsonPayload.message!~"loss"', True),
        ("jsonPayload.nothing=1", False),
        ("jsonPayload.nothing!=1", True),
        ("NOT resource.type=ml_job", False),
        ("-resource.type=ml_job", False),
        ('NOT (resource.type="x" OR severity=DEBUG)', True),
        ('"loss is"', True),
        ("gain", False),
        ("resource.type=(x OR ml_job) AND severity>=INFO", True),
        ('resource.type=("x" OR "y")', False),
        # OR binds tighter than AND
        ("resource.type=ml_job OR resource.type=x AND severity=ERROR", False),
        ("resource.type=ml_job -- a remark\nseverity=WARNING", True),
        ('jsonPayload.message="Loss is 0.25" -- "', True),
    ],
)
def test_the_filter_means_what_cloud_loggings_means(text: str, holds: bool) -> None:
    assert compile_filter(text)(ENTRY) is holds


@pytest.mark.parametrize(
    "text",
    [
        "(",
        "a=",
        "a=b)",
        "=b",
        "a=b AND",
        '"open',
        "timestamp>noon",
        "NOT",
        'x=~"["',
        "()",
        "a=(b",
        "a=(b AND c)",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BadFilter):
        compile_filter(text)


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleApis]:
    state = tmp_path_factory.mktemp("logging")
    with googleapis(state) as running:
        logs = Path(running.configuration.state) / "logs"
        logs.mkdir()
        lines = (
            {"time": f"2026-11-22T10:00:{n:02d}Z", "severity": "INFO", "message": f"line {n}"}
            for n in range(30)
        )
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (logs / "retrain.log").write_text(text, encoding="utf-8")
        yield running


def list_entries(apis: GoogleApis, **body: Any) -> Answer:
    return call(f"{apis.url}/v2/entries:list", {"resourceNames": [f"projects/{PROJECT}"], **body})


def write_entries(apis: GoogleApis, **body: Any) -> Answer:
    return call(f"{apis.url}/v2/entries:write", body)


def test_listing_pages_through_everything_once_in_either_order(apis: GoogleApis) -> None:
    for order, expected in (
        ("timestamp asc", list(range(30))),
        ("timestamp desc", list(reversed(range(30)))),
    ):
        found: list[str] = []
        token = ""
        while True:
            page = list_entries(
                apis,
                filter='resource.labels.service_name="retrain"',
                orderBy=order,
                pageSize=7,
                pageToken=token,
            ).json
            found += [entry["textPayload"] for entry in page["entries"]]
            token = page.get("nextPageToken", "")
            if not token:
                break
        assert found == [f"line {n}" for n in expected]


def test_a_jobs_entries_are_found_with_gclouds_own_request(apis: GoogleApis) -> None:
    resource = {"type": "ml_job", "labels": {"job_id": "J", "task_name": "master-replica-0"}}
    answer = write_entries(
        apis,
        logName=f"projects/{PROJECT}/logs/master-replica-0",
        resource=resource,
        labels={"a": "b"},
        entries=[
            {"timestamp": "2026-11-22T11:00:01Z", "textPayload": "epoch 1", "labels": {"c": "d"}},
            {"timestamp": "2026-11-22T11:00:02Z", "textPayload": "epoch 2", "severity": "INFO"},
            {"timestamp": "2026-11-22T11:00:09Z", "textPayload": "too late"},
        ],
    )
    assert (answer.status, answer.json) == (200, {})
    found = list_entries(
        apis,
        filter='(resource.type="ml_job" OR resource.type="cloudml_job") AND '
        'resource.labels.job_id="J" AND timestamp>="2026-11-22T10:00:00.000000Z" AND '
        'timestamp<"2026-11-22T11:00:05.000000Z"',
        orderBy="timestamp asc",
        pageSize=1000,
    ).json
    assert [entry["textPayload"] for entry in found["entries"]] == ["epoch 1", "epoch 2"]
    assert found["entries"][0]["labels"] == {"a": "b", "c": "d"}
    assert found["entries"][0]["resource"] == resource
    assert [entry["severity"] for entry in found["entries"]] == ["DEFAULT", "INFO"]


def test_nothing_found_is_an_empty_object(apis: GoogleApis) -> None:
    assert list_entries(apis, filter="severity=EMERGENCY").json == {}
    other = {"resourceNames": ["projects/other"]}
    assert call(f"{apis.url}/v2/entries:list", other).json == {}


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("list", {"filter": "("}),
        ("list", {"orderBy": "severity"}),
        ("list", {"pageSize": "many"}),
        ("list", {"pageToken": "????"}),
        ("list", {"filter": 5}),
        ("list", []),
        ("write", {}),
        ("write", {"entries": [{"textPayload": "no resource"}]}),
        ("write", {"entries": ["x"]}),
        ("write", b"{"),
    ],
)
def test_a_wrong_request_is_refused_with_the_reason(
    apis: GoogleApis, method: str, body: Any
) -> None:
    if method == "list" and isinstance(body, dict):
        body = {"resourceNames": [f"projects/{PROJECT}"], **body}
    answer = call(f"{apis.url}/v2/entries:{method}", body)
    assert answer.status == 400, answer.text
    error = answer.json["error"]
    assert error["status"] == "INVALID_ARGUMENT"
    assert f"entries:{method}" in error["message"]


@pytest.mark.gcloud
@pytest.mark.skipif(shutil.which("gcloud") is None, reason="the stock gcloud is not installed")
def test_the_stock_gcloud_writes_and_reads_entries(apis: GoogleApis, tmp_path: Path) -> None:
    environment = {
        "CLOUDSDK_CONFIG": str(tmp_path),
        "CLOUDSDK_CORE_PROJECT": PROJECT,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING": f"{apis.url}/",
    }

    def gcloud(*words: str) -> str:
        done = subprocess.run(
            ["gcloud", "logging", *words],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    gcloud("write", "notes", "a note from gcloud", "--severity=NOTICE")
    assert json.loads(gcloud("read", "severity=NOTICE", "--format=json(textPayload)")) == [
        {"textPayload": "a note from gcloud"}
    ]
