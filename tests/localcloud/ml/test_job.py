"""What a training job may say, and how the API shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.ml.job import BadJob, Job
from tests.contracts.discovery import Discovery, Request

GOOD: dict[str, Any] = {
    "jobId": "a_job",
    "trainingInput": {
        "packageUris": ["gs://staging/a_job/trainer-0.0.0.tar.gz"],
        "pythonModule": "trainer.task",
        "args": ["--csv", "gs://data/x.csv"],
        "region": "us-central1",
        "scaleTier": "BASIC",
    },
}
NOW = "2026-11-22T10:00:00.000000Z"


def training(**changes: Any) -> dict[str, Any]:
    return GOOD | {"trainingInput": GOOD["trainingInput"] | changes}


def test_a_job_is_kept_and_shown_as_it_was_asked_for() -> None:
    job = Job.of(GOOD, NOW)
    assert Job.from_json(job.to_json()) == job
    shown = job.resource()
    assert shown["trainingInput"] == GOOD["trainingInput"]
    assert (shown["jobId"], shown["state"], shown["createTime"]) == ("a_job", "QUEUED", NOW)
    assert "endTime" not in shown


def test_google_s_document_knows_every_field_that_is_shown() -> None:
    body = json.dumps(Job.of(GOOD, NOW).resource()).encode()
    shown = Request("PATCH", "/v1/projects/p/jobs/a_job", body, "application/json")
    faults = Discovery("ml", "v1").faults(shown)
    assert [fault for fault in faults if not fault.endswith("is read-only")] == []


def test_the_job_s_folder_is_the_last_argument() -> None:
    job = Job.of(training(jobDir="gs://jobs/a"), NOW)
    assert job.args == ["--csv", "gs://data/x.csv", "--job-dir", "gs://jobs/a"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "jobId"),
        (GOOD | {"jobId": "a-job"}, "jobId"),
        (GOOD | {"jobId": "1job"}, "jobId"),
        (GOOD | {"jobId": "a" * 129}, "jobId"),
        (GOOD | {"jobId": 7}, "jobId"),
        (GOOD | {"predictionInput": {}}, "predictionInput"),
        ({"jobId": "a"}, "trainingInput"),
        (training(packageUris=[]), "trainingInput.packageUris"),
        (training(packageUris=["/home/x.tar.gz"]), "trainingInput.packageUris"),
        (training(packageUris="gs://a/b"), "trainingInput.packageUris"),
        (training(pythonModule=""), "trainingInput.pythonModule"),
        (training(args=[1]), "trainingInput.args"),
        (training(jobDir=1), "trainingInput.jobDir"),
        (training(masterConfig={"imageUri": "x"}), "trainingInput.masterConfig"),
    ],
)
def test_a_job_that_cannot_be_run_is_told_which_field_is_wrong(
    body: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadJob) as told:
        Job.of(body, NOW)
    assert str(told.value).startswith(f"{field}: ")
