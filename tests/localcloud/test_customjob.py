"""Custom jobs of the local cloud: what is refused, how a job goes, what the stock gcloud says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.stage import stage
from localcloud.customjob import BadJob, execution_of, matches
from shared.core import roles
from tests.localcloud.process import Answer, GoogleApis, call, googleapis

PARENT = "projects/dropserve-local/locations/us-central1"
ACCOUNT = "retrain@dropserve-local.iam.gserviceaccount.com"
INPUTS = "gs://dropserve-models/models/iris/model_1/inputs.json"
SECONDS = 20.0


def container(**changes: Any) -> dict[str, Any]:
    made = {"imageUri": "image:1", "command": ["python", "-m", "shared.job"], "args": [INPUTS]}
    return {**made, **changes}


def body(spec: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    pool = {"machineSpec": {"machineType": "e2-highmem-4"}, "replicaCount": "1"}
    pools = [{**pool, "containerSpec": container(), **(spec or {})}]
    job = {"workerPoolSpecs": pools, "serviceAccount": ACCOUNT}
    return {"displayName": "train", "jobSpec": job, **changes}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (body(displayName=""), "display_name"),
        (body(labels={"A": "b"}), "labels"),
        (body(labels={"a": "b" * 64}), "labels"),
        (body(jobSpec={}), "worker_pool_specs"),
        (body({"machineSpec": {}}), "machine_type"),
        (body({"replicaCount": "2"}), "replica_count"),
        (body({"containerSpec": container(imageUri="")}), "image_uri"),
        (body({"containerSpec": container(command=["bash"])}), "command"),
        (body({"containerSpec": container(args=["$(HOME)"])}), "variables"),
        (body({"containerSpec": container(env=[{"name": "a-b", "value": "c"}])}), "env"),
        (body({"containerSpec": container(env=[{"name": "a", "value": ""}] * 101)}), "env"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_real_one_would_refuse_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(BadJob, match=field):
        execution_of(wrong)


def test_a_listing_is_filtered_by_labels_and_by_nothing_else() -> None:
    one = execution_of(body(labels={"dropserve-inputs": "a1"}))
    assert matches(one, "")
    assert matches(one, 'labels.dropserve-inputs="a1"')
    assert not matches(one, "labels.dropserve-inputs=a2")
    assert matches(one, "labels.dropserve-inputs:*")
    assert not matches(one, "labels.another:*")
    with pytest.raises(BadJob):
        matches(one, 'state="JOB_STATE_RUNNING"')


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleApis]:
    state = tmp_path_factory.mktemp("customjobs")
    stage("retrain", state / "staged" / "retrain")
    with googleapis(state) as running:
        yield running


def ask(apis: GoogleApis, path: str = "", given: Any = None, account: str = "") -> Answer:
    headers = {"Content-Type": "application/json"}
    if account:
        token = apis.metadata(account, f"/computeMetadata/v1/instance/{TOKEN}").json
        headers["Authorization"] = f"Bearer {token['access_token']}"
    return call(f"{apis.url}/v1/{PARENT}/customJobs{path}", given, headers)


TOKEN = "service-accounts/default/token"


def settled(apis: GoogleApis, name: str) -> dict[str, Any]:
    """The job once it has ended."""
    deadline = time.monotonic() + SECONDS
    while True:
        shown: dict[str, Any] = call(f"{apis.url}/v1/{name}").json
        if "endTime" in shown:
            return shown
        assert time.monotonic() < deadline, shown
        time.sleep(0.02)


def test_a_job_that_cannot_read_its_settings_fails_once_and_says_so(apis: GoogleApis) -> None:
    created = ask(apis, given=body()).json
    assert created["state"] == "JOB_STATE_PENDING"
    shown = settled(apis, created["name"])
    assert shown["state"] == "JOB_STATE_FAILED"
    assert "exited" in shown["error"]["message"]
    assert shown["startTime"] <= shown["endTime"]


def test_a_job_that_waits_for_its_turn_can_be_cancelled(apis: GoogleApis) -> None:
    names = [ask(apis, given=body()).json["name"] for _ in range(3)]
    assert call(f"{apis.url}/v1/{names[-1]}:cancel", {}).status == 200
    assert settled(apis, names[-1])["state"] in ("JOB_STATE_CANCELLED", "JOB_STATE_FAILED")
    listed = [job["name"] for job in ask(apis).json["customJobs"]]
    assert listed[:3] == names[::-1]


def test_who_may_not_start_jobs_is_refused_and_retrain_acts_as_itself_only(
    apis: GoogleApis,
) -> None:
    before = len(ask(apis).json["customJobs"])
    for account in sorted(set(roles.ACCOUNTS) - roles.JOB_STARTERS):
        name = "serving" if account.startswith("serving") else account
        if f"metadata-{name}" in apis.configuration.ports:
            assert ask(apis, given=body(), account=name).status == 403
    other = body(jobSpec={**body()["jobSpec"], "serviceAccount": ACCOUNT.replace("retrain", "x")})
    assert ask(apis, given=other, account="retrain").status == 403
    assert len(ask(apis).json["customJobs"]) == before


@pytest.mark.gcloud
@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed")
def test_the_stock_gcloud_cancels_and_lists(apis: GoogleApis, tmp_path: Path) -> None:
    name = ask(apis, given=body(displayName="by gcloud")).json["name"]
    environment = {
        **os.environ,
        "CLOUDSDK_CONFIG": str(tmp_path),
        "CLOUDSDK_CORE_PROJECT": "dropserve-local",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_AI_REGION": "us-central1",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM": f"{apis.url}/",
    }

    def gcloud(*words: str) -> Any:
        command = ["gcloud", "ai", "custom-jobs", *words, "--format=json"]
        done = subprocess.run(command, env=environment, capture_output=True, check=True)
        return json.loads(done.stdout or b"null")

    gcloud("cancel", name.rpartition("/")[2])
    assert name in [job["name"] for job in gcloud("list")]
