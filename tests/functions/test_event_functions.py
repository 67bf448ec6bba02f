"""The two functions that take events, as functions-framework runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import functions_framework
import pytest

from shared import wiring
from shared.core.artifact import drop_id
from shared.core.errors import PermissionDenied, RetryableError, StorageUnavailable
from shared.core.event import FINALIZED, ObjectFinalized
from shared.core.settings import Settings
from tests.workflows.world import World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world that the functions are wired to."""
    world = World()
    monkeypatch.setattr(wiring, "settings", lambda: world.settings)
    monkeypatch.setattr(wiring, "object_store", lambda: world.store)
    monkeypatch.setattr(wiring, "platform", lambda: world.platform)
    monkeypatch.setattr(wiring, "training_jobs", lambda: world.jobs)
    monkeypatch.setattr(wiring, "notifier", lambda: None)
    monkeypatch.setenv("FUNCTION_TARGET", "restored afterwards")
    monkeypatch.setattr(sys, "path", [*sys.path])
    return world


def client(name: str) -> Any:
    source = ROOT / "functions" / name / "main.py"
    app = functions_framework.create_app(name, str(source), "cloudevent")
    app.testing = False
    return app.test_client()


def post(function: Any, event: ObjectFinalized, kind: str = FINALIZED, **changes: Any) -> int:
    """Send the event as Eventarc does; the answer's status."""
    source = event.source
    data = {
        "kind": "storage#object",
        "bucket": source.bucket,
        "name": source.name,
        "generation": str(source.generation),
        "timeCreated": source.time_created,
        "size": str(event.size),
        "metadata": dict(event.metadata),
    } | changes
    headers = {
        "ce-id": "1",
        "ce-specversion": "1.0",
        "ce-type": kind,
        "ce-source": f"//storage.googleapis.com/projects/_/buckets/{source.bucket}",
        "ce-subject": "objects/x",
        "ce-bucket": source.bucket,
        "Content-Type": "application/json",
    }
    return int(function.post("/", headers=headers, data=json.dumps(data)).status_code)


def facts(capsys: pytest.CaptureFixture[str], *, notices: bool = False) -> list[dict[str, Any]]:
    """The JSON lines that were logged: those that alerts match, or all others."""
    lines = capsys.readouterr().out.splitlines()
    told = [json.loads(line) for line in lines if line.startswith('{"severity"')]
    return [fact for fact in told if ("notice" in fact) == notices]


def test_a_csv_goes_live_through_both_functions_with_one_line_each(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    event = world.drop()
    assert post(client("retrain"), event) == 200
    deploy = client("deploy_version")
    for written in list(world.events):
        if written.source.bucket == world.settings.models_bucket:
            assert post(deploy, written) == 200
    assert world.story("iris", drop_id(event.source))["state"] == "live"
    told = [fact for fact in facts(capsys) if fact["severity"] != "DEBUG"]
    assert [fact["step"] for fact in told] == ["trained", "live"]
    for fact in told:
        assert fact["model"] == "iris"
        assert fact["drop"] == drop_id(event.source)
        assert fact["seconds"]["total"] > 0


def test_an_alert_can_match_a_refusal_by_codes_and_places_without_its_cells(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert post(client("retrain"), world.drop(b"a,species\n1,x\n2,y\n3,x\nsecret,y\n")) == 200
    (line,) = facts(capsys, notices=True)
    assert (line["notice"], line["severity"], line["model"]) == ("refused", "WARNING", "iris")
    assert line["findings"] == [{"code": "not_numeric", "column": "a", "line": 5}]
    assert line["link"].endswith("/status/iris.html")
    assert "secret" not in json.dumps(line)


def test_a_bad_csv_is_acknowledged_and_logged_without_its_cells(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    event = world.drop(b"a,species\n1,x\n2,y\n3,x\nsecret,y\n")
    assert post(client("retrain"), event) == 200
    (fact,) = facts(capsys)
    assert (fact["severity"], fact["step"]) == ("WARNING", "refused")
    assert fact["counts"] == {"not_numeric": 1}
    assert "secret" not in json.dumps(fact)


@pytest.mark.parametrize("name", ["retrain", "deploy_version"])
@pytest.mark.parametrize(
    ("error", "severity"),
    [
        (StorageUnavailable("the store is away"), "WARNING"),
        (PermissionDenied("a right that is granted a minute too late"), "ERROR"),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_what_a_redelivery_may_mend_is_answered_with_a_failure(
    world: World,
    name: str,
    error: RetryableError,
    severity: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    event = world.drop()
    if name == "deploy_version":
        world.retrain(event)
        event = next(e for e in world.events if e.source.name.endswith("/model.joblib"))

    def fail(*call: str) -> None:
        raise error

    world.store.on_call = fail
    assert post(client(name), event) == 500
    (fact,) = facts(capsys)
    assert (fact["code"], fact["severity"]) == (error.code, severity)
    world.store.on_call = None
    assert [s for s in world.stories().values() if s["state"] in ("refused", "failed")] == []


@pytest.mark.parametrize("name", ["retrain", "deploy_version"])
def test_a_wrong_setting_keeps_the_event_until_it_is_mended(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "settings", lambda: Settings.from_environment({}))
    assert post(client(name), world.drop()) == 500


@pytest.mark.parametrize("name", ["retrain", "deploy_version"])
@pytest.mark.parametrize(
    "changes", [{"generation": "x"}, {"timeCreated": None}, {"bucket": None, "timeCreated": "soon"}]
)
def test_an_event_that_lacks_what_google_sends_is_acknowledged_with_an_error(
    world: World, name: str, changes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert post(client(name), world.drop(), **changes) == 200
    (fact,) = facts(capsys)
    assert (fact["severity"], fact["code"]) == ("ERROR", "malformed_event")
    assert world.store.calls == []


@pytest.mark.parametrize("name", ["retrain", "deploy_version"])
def test_another_type_of_event_is_acknowledged_in_silence(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = "google.cloud.storage.object.v1.metadataUpdated"
    assert post(client(name), world.drop(), kind) == 200
    assert facts(capsys) == []
    assert world.store.calls == []


def test_deploy_version_loads_nothing_of_what_trains() -> None:
    heavy = ("sklearn", "scipy", "pandas", "numpy", "joblib")
    program = (
        "import sys, functions.deploy_version.main\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["retrain", "deploy_version"])
def test_a_function_is_a_short_door(name: str) -> None:
    folder = ROOT / "functions" / name
    assert len((folder / "main.py").read_text("utf-8").splitlines()) <= 60
    assert {file.name for file in folder.glob("*.py")} == {"main.py"}
