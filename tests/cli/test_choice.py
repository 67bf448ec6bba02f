"""rollback, promote, freeze, unfreeze and reconcile against a running local cloud, as typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cloud import Cloud
from cli import drop
from cli.command import main
from cli.place import ROOT
from localcloud.child import ChildCloud
from localcloud.configuration import DEVELOPER
from tests.cli.typed import Output, Type

IRIS = ROOT / "examples" / "iris.csv"


def dropped(type_: Type, capsys: Output, model: str, file: Path = IRIS) -> dict[str, Any]:
    type_("drop", str(file), "--model", model, "--json")
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def default(local_cloud: ChildCloud, model: str) -> str:
    """As the platform says it."""
    versions = Cloud(local_cloud.state).versions(model)
    (found,) = (v["name"].rsplit("/", 1)[-1] for v in versions if v.get("isDefault"))
    return str(found)


def test_a_rollback_pins_until_it_is_released(
    type_: Type, local_cloud: ChildCloud, capsys: Output
) -> None:
    first, second = (dropped(type_, capsys, "rolled")["version"] for _ in range(2))
    assert type_("rollback", "rolled") == 0
    assert f"{first} is the default of rolled; pinned" in capsys.readouterr().out
    assert default(local_cloud, "rolled") == first

    assert type_("drop", str(IRIS), "--model", "rolled") == drop.NOT_DEFAULT
    told = capsys.readouterr().err
    assert "(pinned)" in told
    assert "./run rollback rolled --unpin" in told

    assert type_("versions", "rolled") == 0
    newest, middle, oldest = capsys.readouterr().out.splitlines()
    assert "(pinned)" in newest
    assert second in middle
    assert oldest.startswith(f"* {first}")
    assert f"(pinned by {DEVELOPER} since 20" in oldest

    assert type_("rollback", "rolled", "--unpin") == 0
    assert default(local_cloud, "rolled") in newest


def test_a_frozen_model_stays_and_is_told_what_to_type(
    type_: Type, local_cloud: ChildCloud, capsys: Output
) -> None:
    first = dropped(type_, capsys, "ice")["version"]
    assert type_("freeze", "ice") == 0
    assert type_("drop", str(IRIS), "--model", "ice") == drop.NOT_DEFAULT
    assert "./run unfreeze ice" in capsys.readouterr().err
    assert default(local_cloud, "ice") == first
    assert type_("versions", "ice") == 0
    assert f"(frozen by {DEVELOPER})" in capsys.readouterr().out
    assert type_("unfreeze", "ice") == 0
    assert default(local_cloud, "ice") != first


def test_a_held_version_says_why_and_promote_makes_it_live(
    type_: Type, local_cloud: ChildCloud, capsys: Output, tmp_path: Path
) -> None:
    dropped(type_, capsys, "held")
    gone = b'[columns]\nsepal_length = "drop"\n'
    Cloud(local_cloud.state).drop("data/held/model.toml", gone)
    narrow = tmp_path / "narrow.csv"
    lines = IRIS.read_text(encoding="utf-8").splitlines()
    narrow.write_text("\n".join(line.partition(",")[2] for line in lines), encoding="utf-8")
    assert type_("drop", str(narrow), "--model", "held") == drop.NOT_DEFAULT
    told = capsys.readouterr().err
    assert "It no longer takes 'sepal_length', which callers send." in told
    command = next(line for line in told.splitlines() if "./run promote" in line)
    assert type_("versions", "held") == 0
    assert "(held; it no longer takes" in capsys.readouterr().out
    assert type_(*command.partition("./run ")[2].split()) == 0
    assert default(local_cloud, "held") == command.split()[-1]
    assert type_("versions", "held") == 0
    assert "(held" not in capsys.readouterr().out


def test_what_cannot_be_chosen_is_one_sentence(type_: Type, capsys: Output) -> None:
    assert type_("rollback", "nothing_here") == 1
    assert "no version of a model 'nothing_here' is live" in capsys.readouterr().err
    assert type_("rollback", "m", "v1", "--unpin") == 2
    dropped(type_, capsys, "alone")
    assert type_("rollback", "alone") == 1
    assert "./run versions alone" in capsys.readouterr().err


def test_reconcile_sends_what_was_lost_and_nothing_else(
    type_: Type, start_local_cloud: Callable[..., ChildCloud], capsys: Output
) -> None:
    child = start_local_cloud(switches={"drop_share": "1"})
    cloud = Cloud(child.state)
    source = cloud.drop("data/lost/iris.csv", IRIS.read_bytes())
    assert cloud.idle()
    assert cloud.story("lost", source)["state"] == "unknown"
    for expected in ("sent again: gs://", "nothing was left undone"):
        assert main(["reconcile", "--state", str(child.state)]) == 0
        assert expected in capsys.readouterr().out
    assert cloud.story("lost", source)["state"] == "live"
