"""The verbs with --cloud, as typed, against a local cloud that is reached as a deployment is."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cloud import Cloud
from cli import deployment, drop, logs, trainer
from cli.client import Service
from cli.cloudlog import CloudLog
from cli.command import main
from cli.place import ROOT
from localcloud.child import ChildCloud
from localcloud.configuration import DEVELOPER
from shared.gcp.vertex import job as vertex_job
from tests.cli.deployed import NAME, OPERATOR, gcloud_of
from tests.cli.recorder import VIEWER, Recorder
from tests.cli.typed import Output, Type

IRIS = ROOT / "examples" / "iris.csv"


@pytest.fixture
def store(local_cloud: ChildCloud) -> Iterator[Recorder]:
    """The local cloud's, as the person reaches it."""
    with Recorder(local_cloud.url("googleapis")).serving() as made:
        yield made


@pytest.fixture
def type_(local_cloud: ChildCloud, store: Recorder, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Type a verb for the deployment. An operator is signed in to gcloud on this machine, whom the
    local cloud lets do anything."""
    known = local_cloud.configuration
    gcloud = gcloud_of(known, OPERATOR, DEVELOPER, STORAGE_URL=store.url)
    monkeypatch.setattr(deployment, "Gcloud", lambda _: gcloud)

    def typed(verb: str, *words: str) -> int:
        store.verb = verb
        return main([verb, *words, "--cloud", "--name", NAME])

    return typed


def test_the_everyday_verbs_work_on_a_deployment_as_on_the_laptop(
    type_: Type, local_cloud: ChildCloud, store: Recorder, capsys: Output, tmp_path: Path
) -> None:
    cloud = Cloud(local_cloud.state)
    first = dropped(type_, capsys, "cloudy")
    second = dropped(type_, capsys, "cloudy")
    assert type_("predict", "cloudy", "[[6.8, 2.8, 4.8, 1.4]]", "--json") == 0
    assert json.loads(capsys.readouterr().out)["model_version"] == second["version"]
    assert type_("rollback", "cloudy") == 0
    pinned = cloud.default("cloudy")
    assert pinned is not None
    assert (pinned.version, pinned.pinned_by) == (first["version"], OPERATOR)
    assert type_("reconcile", "cloudy") == 0
    assert type_("versions", "cloudy") == 0
    assert f"(pinned by {OPERATOR} since" in capsys.readouterr().out
    (tmp_path / "model.toml").write_text('release = "auto"\n', encoding="utf-8")
    assert type_("configure", "cloudy", str(tmp_path / "model.toml")) == 0
    capsys.readouterr()
    assert type_("retrain", "cloudy", "--json") == drop.NOT_DEFAULT
    third = json.loads(capsys.readouterr().out)
    assert type_("promote", "cloudy", third["version"]) == 0
    assert type_("freeze", "cloudy") == 0
    assert "frozen: promotions wait until ./run unfreeze cloudy" in capsys.readouterr().out
    assert type_("unfreeze", "cloudy") == 0
    assert type_("rollback", "cloudy") == 0
    assert type_("rollback", "cloudy", "--unpin") == 0
    assert type_("status", "cloudy") == 0
    assert f"cloudy: {third['version']}" in capsys.readouterr().out
    predicted_for(type_, "cloudy", tmp_path)
    assert type_("keys", "create", "cloud-shop", "--model", "iris") == 0
    key = capsys.readouterr().out.splitlines()[-1].split()[1].rstrip(":")
    assert type_("keys", "revoke", key) == 0
    assert type_("forget", "cloudy", "--yes") == 0
    assert cloud.default("cloudy") is None
    assert_roles_are_those_of_the_page(store, local_cloud.configuration.buckets)


ROW = re.compile(r"^\| (`\./run .*?) \| (.*) \|$", re.MULTILINE)
ON = re.compile(r"`roles/storage\.(\w+)` on ((?:DATA|MODELS|STATE|all three|, | and )+)")


def told() -> dict[str, dict[str, str]]:
    """Verb -> kind of bucket -> role, as docs/33-operations.md has it."""
    page = (ROOT / "docs" / "33-operations.md").read_text(encoding="utf-8")
    found = {}
    for verbs, roles in ROW.findall(page):
        rights = {}
        for role, where in ON.findall(roles):
            for kind in ("DATA", "MODELS", "STATE"):
                if kind in where.replace("all three", "DATA MODELS STATE"):
                    rights[kind.lower()] = role
        found |= dict.fromkeys(re.findall(r"`\./run (\w+)`", verbs), rights)
    return found


def assert_roles_are_those_of_the_page(store: Recorder, buckets: dict[str, str]) -> None:
    """What was needed is what the page asks for, neither less nor more."""
    kinds = {name: kind for kind, name in buckets.items()}
    needed = {
        verb: {kinds[bucket]: role for bucket, role in used.items()}
        for verb, used in store.used.items()
    }
    asked = {verb: rights for verb, rights in told().items() if verb in needed}
    for verb in ("status", "reconcile"):  # here they met nothing that had to be written
        asked[verb] = dict.fromkeys(asked[verb], VIEWER)
    for verb in ("promote", "unfreeze"):  # here no newer version waits, whose card they would read
        asked[verb] = {kind: role for kind, role in asked[verb].items() if kind != "models"}
    assert needed == asked


def predicted_for(type_: Type, model: str, folder: Path) -> None:
    """A file of rows, and its predictions beside it."""
    out, rows = folder / "out.csv", folder / "rows.csv"
    lines = [line.rpartition(",")[0] for line in IRIS.read_text(encoding="utf-8").splitlines()]
    rows.write_text("\n".join(lines), encoding="utf-8")
    assert type_("batch", model, str(rows), "--out", str(out)) == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == len(lines)


def dropped(type_: Type, capsys: Output, model: str) -> dict[str, Any]:
    """A drop that went live, as the folded ledger."""
    capsys.readouterr()
    assert type_("drop", str(IRIS), "--model", model, "--json") == drop.LIVE
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def variables(text: str) -> dict[str, str]:
    """What a shell would know after `eval` of the lines."""
    words = [shlex.split(line) for line in text.splitlines()]
    return dict(word[1].split("=", 1) for word in words if word[0] == "export")


def test_env_tells_a_shell_what_it_takes_to_ask_the_deployment(
    type_: Type, local_cloud: ChildCloud, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    assert type_("env") == 0
    text = capsys.readouterr().out
    assert "unset STORAGE_EMULATOR_HOST\n" in text
    told, known = variables(text), local_cloud.configuration
    assert told["PREDICT_URL"] == known.url("predict")
    assert told["DATA_BUCKET"] == known.buckets["data"]
    assert told["GOOGLE_CLOUD_PROJECT"] == known.project
    assert not any("OVERRIDES" in name for name in told)
    cloud, path = Cloud(local_cloud.state), f"/v1/projects/{known.project}/models/nowhere:predict"
    bearer = {"Authorization": f"Bearer {told['PREDICT_TOKEN']}"}
    body = b'{"instances": [[1]]}'
    assert cloud.call("predict", "POST", path, body, **bearer)[0] == 404
    assert cloud.call("predict", "POST", path, body)[0] == 401


def test_env_has_no_token_where_predict_takes_api_keys(
    local_cloud: ChildCloud, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    gcloud = gcloud_of(local_cloud.configuration, OPERATOR, PREDICT_AUTH="api_key")
    monkeypatch.setattr(deployment, "Gcloud", lambda _: gcloud)
    assert main(["env", "--cloud", "--name", NAME]) == 0
    said = capsys.readouterr()
    assert "PREDICT_TOKEN" not in variables(said.out)
    assert "./run keys create" in said.err


def test_logs_are_those_of_the_installation_in_the_look_of_the_laptop(
    type_: Type, local_cloud: ChildCloud, capsys: Output
) -> None:
    cloud = Cloud(local_cloud.state)
    entries = [
        entry("dropserve-retrain", "not ours"),
        entry(f"{NAME}-retrain", "iris: trained", step="trained"),
        entry(f"{NAME}-predict", "asked", severity="WARNING"),
    ]
    body = json.dumps({"entries": entries}).encode()
    assert cloud.call("googleapis", "POST", "/v2/entries:write", body)[0] == 200
    assert type_("logs") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [
        "retrain         iris: trained step=trained",
        "predict         WARNING asked",
    ]
    assert type_("logs", "--lines", "1") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert type_("logs", "--service", "retrain") == 0
    assert "asked" not in capsys.readouterr().out


def test_the_newest_lines_of_one_service_are_its_own_however_much_others_say(
    type_: Type, local_cloud: ChildCloud, capsys: Output
) -> None:
    cloud = Cloud(local_cloud.state)
    entries = [
        entry(f"{NAME}-deploy-version", "iris: live"),
        entry(f"{NAME}-deploy-version", "iris: failed", severity="ERROR"),
        *(entry(f"{NAME}-serving-data", "busy") for _ in range(5)),
    ]
    body = json.dumps({"entries": entries}).encode()
    assert cloud.call("googleapis", "POST", "/v2/entries:write", body)[0] == 200
    assert type_("logs", "--service", "deploy-version", "--lines", "2") == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split(" ", 1)[1] for line in shown] == [
        "deploy_version  iris: live",
        "deploy_version  ERROR iris: failed",
    ]
    assert type_("logs", "--severity", "error", "--lines", "1") == 0
    assert capsys.readouterr().out.endswith("ERROR iris: failed\n")
    assert type_("logs", "--service", "predit") == 2
    assert "did you mean predict?" in capsys.readouterr().err
    assert type_("logs", "--severity", "warn") == 2
    assert "did you mean WARNING?" in capsys.readouterr().err


def test_logs_go_on_as_lines_come_each_once_and_late_ones_too(
    local_cloud: ChildCloud,
) -> None:
    cloud = Cloud(local_cloud.state)
    service = Service(local_cloud.url("googleapis"))

    def write(*messages: str, seconds: float = 0.0) -> None:
        when = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
        entries = [entry("tail-retrain", one) | {"timestamp": when} for one in messages]
        body = json.dumps({"entries": entries}).encode()
        assert cloud.call("googleapis", "POST", "/v2/entries:write", body)[0] == 200

    steps = iter([lambda: write("c"), lambda: write("b, late", seconds=5)])
    log = CloudLog(service, cloud.configuration.project, "tail", lambda: next(steps)())
    write("a")
    assert [one.message for one in islice(log.follow(10), 3)] == ["a", "c", "b, late"]
    assert [one.message for one in log.newest(2)] == ["a", "c"]


JOB = {
    "displayName": "train",
    "labels": {trainer.LABEL: "a1"},
    "jobSpec": {
        "serviceAccount": "retrain@dropserve-local.iam.gserviceaccount.com",
        "workerPoolSpecs": [
            {
                "machineSpec": {"machineType": "e2-highmem-4"},
                "containerSpec": {"imageUri": "image:1", "command": ["python", "-m", "shared.job"]},
            }
        ],
    },
}


def vertex_line(job: str, payload: dict[str, Any]) -> dict[str, Any]:
    """A line of a custom job's container, as Vertex AI hands it to Cloud Logging."""
    labels = {"job_id": job, "task_name": "workerpool0-0", "project_id": "dropserve-local"}
    return {
        "logName": "projects/dropserve-local/logs/workerpool0-0",
        "resource": {"type": "ml_job", "labels": labels},
        "severity": "INFO",
        **payload,
    }


def test_logs_have_the_lines_of_the_installation_s_jobs_on_vertex_ai(
    local_cloud: ChildCloud, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, cloud = local_cloud.configuration, Cloud(local_cloud.state)
    path = f"/v1/projects/{known.project}/locations/us-central1/customJobs"
    created = cloud.call("googleapis", "POST", path, json.dumps(JOB).encode())
    job = json.loads(created[1])["name"].rpartition("/")[2]
    said = '{"severity": "ERROR", "message": "iris: refused", "step": "refused"}\n'
    lines = [
        vertex_line("1", {"textPayload": "somebody else's"}),
        vertex_line(job, {"textPayload": "Traceback"}),
        vertex_line(job, {"jsonPayload": {"message": said, "levelname": "INFO"}}),
    ]
    body = json.dumps({"entries": lines}).encode()
    assert cloud.call("googleapis", "POST", "/v2/entries:write", body)[0] == 200
    vertex = {"PLATFORM": "vertex-ai", "VERTEX_URL": known.url("googleapis")}
    gcloud = gcloud_of(known, OPERATOR, DEVELOPER, **vertex)
    monkeypatch.setattr(deployment, "Gcloud", lambda _: gcloud)
    assert main(["logs", "--cloud", "--name", NAME, "--service", "train"]) == 0
    shown = [line.split(" ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert shown == [
        f"train           Traceback job={job}",
        f"train           ERROR iris: refused job={job} step=refused",
    ]
    gcloud = gcloud_of(known, OPERATOR, **vertex)
    options = argparse.Namespace(env="", project="", installation=NAME, region="", cloud=True)
    jobs = logs.TrainingJobs(deployment.deployed_target(options))
    assert (jobs(), jobs()) == ([], [])
    complained = capsys.readouterr().err
    assert complained.count("lines of training jobs are left out") == 1
    assert "roles/aiplatform.user" in complained


def test_the_label_of_a_training_job_is_the_one_that_it_is_made_with() -> None:
    assert trainer.LABEL == vertex_job.LABEL


def entry(service: str, message: str, severity: str = "INFO", **facts: str) -> dict[str, Any]:
    return {
        "logName": "projects/dropserve-local/logs/run.googleapis.com%2Fstdout",
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": service}},
        "severity": severity,
        "jsonPayload": {"message": message, **facts},
    }
