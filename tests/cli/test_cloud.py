"""The verbs with --cloud, as typed, against a local cloud that is reached as a deployment is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cloud import Cloud
from cli import deployment, drop
from cli.command import main
from cli.place import ROOT
from localcloud.child import ChildCloud
from localcloud.configuration import DEVELOPER
from tests.cli.deployed import NAME, OPERATOR, SignedInGcloud, gcloud_of

IRIS = ROOT / "examples" / "iris.csv"
Output = pytest.CaptureFixture[str]
Type = Callable[..., int]


@pytest.fixture
def gcloud(local_cloud: ChildCloud, monkeypatch: pytest.MonkeyPatch) -> SignedInGcloud:
    """gcloud on this machine: an operator is signed in, whom the local cloud lets do anything."""
    made = gcloud_of(local_cloud.configuration, OPERATOR, DEVELOPER)
    monkeypatch.setattr(deployment, "Gcloud", lambda _: made)
    return made


@pytest.fixture
def type_(gcloud: SignedInGcloud) -> Type:
    """Type a verb for the deployment."""

    def typed(verb: str, *words: str) -> int:
        return main([verb, *words, "--cloud", "--name", NAME])

    return typed


def test_the_everyday_verbs_work_on_a_deployment_as_on_the_laptop(
    type_: Type, local_cloud: ChildCloud, capsys: Output
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
    assert type_("retrain", "cloudy", "--json") == drop.NOT_DEFAULT
    third = json.loads(capsys.readouterr().out)
    assert type_("promote", "cloudy", third["version"]) == 0
    assert type_("freeze", "cloudy") == 0
    assert "frozen: promotions wait until ./run unfreeze cloudy" in capsys.readouterr().out
    assert type_("unfreeze", "cloudy") == 0
    assert type_("status", "cloudy") == 0
    assert f"cloudy: {third['version']}" in capsys.readouterr().out
    assert type_("forget", "cloudy", "--yes") == 0
    assert cloud.default("cloudy") is None


def dropped(type_: Type, capsys: Output, model: str) -> dict[str, Any]:
    """A drop that went live, as the folded ledger."""
    capsys.readouterr()
    assert type_("drop", str(IRIS), "--model", model, "--json") == drop.LIVE
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_a_file_of_rows_is_predicted_for(type_: Type, capsys: Output, tmp_path: Path) -> None:
    dropped(type_, capsys, "cloud_rows")
    out = tmp_path / "out.csv"
    rows = tmp_path / "rows.csv"
    lines = [line.rpartition(",")[0] for line in IRIS.read_text(encoding="utf-8").splitlines()]
    rows.write_text("\n".join(lines), encoding="utf-8")
    assert type_("batch", "cloud_rows", str(rows), "--out", str(out)) == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == len(lines)


def test_keys_are_made_in_the_deployment_s_bucket(type_: Type, capsys: Output) -> None:
    assert type_("keys", "create", "cloud-shop", "--model", "iris") == 0
    key = capsys.readouterr().out.splitlines()[1].split()[1].rstrip(":")
    assert type_("keys", "revoke", key) == 0


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


def entry(service: str, message: str, severity: str = "INFO", **facts: str) -> dict[str, Any]:
    return {
        "logName": "projects/dropserve-local/logs/run.googleapis.com%2Fstdout",
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": service}},
        "severity": severity,
        "jsonPayload": {"message": message, **facts},
    }
