"""Sampled requests of the live version on its status page, and the alarm where they drifted."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from shared import reconcile as door
from shared.core.artifact import sample_name, status_name
from shared.core.errors import NewerFormat
from shared.workflows import watch
from shared.workflows.aftermath import Aftermath
from shared.workflows.forget import Forget
from shared.workflows.traffic import Traffic
from tests.workflows.test_choice import default, release
from tests.workflows.test_reconcile_door import lines as logged
from tests.workflows.test_reconcile_door import world as wired
from tests.workflows.world import IRIS, STATE, World

__all__ = ["wired"]

ROWS = [
    ([float(cell) for cell in cells[:4]], cells[4])
    for cells in list(csv.reader(io.StringIO(IRIS.decode())))[1:]
]


def sampling(**changes: str) -> World:
    return World(SAMPLE_SHARE="0.5", **changes)


def keep(
    world: World, version: str, factor: float = 1.0, ago: float = 0.0, model: str = "iris"
) -> str:
    """One object of samples: every training row twice, times a factor; its name."""
    at = world.clock() - timedelta(days=ago)
    lines = [
        {
            "format": 1,
            "at": at.isoformat(),
            "instances": [[value * factor for value in row]],
            "predictions": [label],
        }
        for row, label in ROWS * 2
    ]
    name = sample_name(model, version, at, f"{len(world.store.names(STATE)):08x}")
    world.store.put(STATE, name, b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    return name


def look(world: World) -> dict[str, Any] | None:
    return Traffic(world.settings, world.store, world.clock).of("iris")


def status(world: World) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(world.store.live(STATE, status_name("iris", "json"))[0])
    return value


def test_the_training_data_itself_asked_for_has_not_drifted() -> None:
    world = sampling()
    keep(world, release(world))
    told = look(world)
    assert told is not None
    assert (told["level"], told["instances"]) == ("none", 300)
    assert all(fact["psi"] < 0.01 for fact in [*told["inputs"], told["answers"]])
    assert all(fact["outside"] == 0 for fact in told["inputs"])


def test_other_units_are_drift() -> None:
    world = sampling()
    keep(world, release(world), factor=2.54)
    told = look(world)
    assert told is not None
    assert told["level"] == "high"
    assert told["inputs"][0]["outside"] > 0.5
    assert [alarm.model for alarm in watch.drifted({"iris": told})] == ["iris"]


def test_only_the_newest_instances_of_the_last_days_are_looked_at() -> None:
    world = sampling(DRIFT_INSTANCES="300", DRIFT_DAYS="3")
    version = release(world)
    keep(world, version, factor=9.0, ago=1)
    keep(world, version, ago=0)
    told = look(world)
    assert told is not None
    assert (told["level"], told["instances"]) == ("none", 300)
    world = sampling(DRIFT_DAYS="3")
    keep(world, release(world), ago=3)
    told = look(world)
    assert told is not None
    assert told["instances"] == 0


def test_without_sampling_nothing_is_read() -> None:
    world = World()
    keep(world, release(world))
    before = len(world.store.calls)
    assert look(world) is None
    assert len(world.store.calls) == before


def test_samples_of_a_newer_dropserve_are_not_guessed_at() -> None:
    world = sampling()
    name = keep(world, release(world))
    world.store.put(STATE, name, b'{"format": 2}\n')
    with pytest.raises(NewerFormat):
        look(world)


def test_the_page_keeps_what_is_known_until_another_version_is_live() -> None:
    world = sampling()
    keep(world, release(world), factor=9.0)
    after = Aftermath(world.settings, world.store, None, world.clock, world.sleep)
    assert after.page("iris", requests=look(world)) == []
    assert status(world)["requests"]["level"] == "high"
    html = world.store.live(STATE, status_name("iris"))[0]
    assert b"moved far" in html
    assert after.page("iris") == []
    assert status(world)["requests"]["level"] == "high"
    release(world)
    assert after.page("iris") == []
    assert "requests" not in status(world)


def test_reconcile_tells_the_page_and_logs_what_an_alert_matches(
    wired: World, capsys: pytest.CaptureFixture[str]
) -> None:
    wired.settings = sampling().settings
    keep(wired, release(wired), factor=9.0)
    assert door.main() == 0
    assert [line["alert"] for line in logged(capsys) if "alert" in line] == [watch.DRIFTED]
    assert status(wired)["requests"]["level"] == "high"
    wired.sleep(2)
    world_of_few = sampling(DRIFT_LEAST="301")
    wired.settings = world_of_few.settings
    assert door.main() == 0
    assert not [line for line in logged(capsys) if "alert" in line]
    assert "level" not in status(wired)["requests"]


def test_a_drop_that_is_forgotten_takes_the_requests_to_its_version_along() -> None:
    world = sampling()
    first, second = release(world), release(world)
    gone, stays = keep(world, first), keep(world, second)
    forget = Forget("iris", "ann", world.settings, world.store, world.platform, world.clock)
    plan = forget.plan(first[1:])
    assert gone in {meta.name for meta in plan.objects}
    assert forget.carry_out(plan).is_empty
    kept = [name for name in world.store.names(STATE) if name.startswith("samples/")]
    assert kept == [stays]
    assert forget.carry_out(forget.plan()).is_empty
    assert not [name for name in world.store.names(STATE) if name.startswith("samples/")]


def test_a_forgotten_default_leaves_nothing_of_its_requests_on_the_page() -> None:
    world = sampling()
    release(world)
    second = release(world)
    keep(world, second, factor=9.0)
    after = Aftermath(world.settings, world.store, None, world.clock, world.sleep)
    after.page("iris", requests=look(world))
    forget = Forget("iris", "ann", world.settings, world.store, world.platform, world.clock)
    forget.carry_out(forget.plan(second[1:]))
    assert default(world).version != second
    after.page("iris")
    assert "requests" not in status(world)


def test_what_is_older_than_its_days_is_deleted_and_nothing_else() -> None:
    world = sampling(SAMPLE_DAYS="2")
    version = release(world)
    old, kept = keep(world, version, ago=3), keep(world, version, ago=1)
    world.store.put(STATE, "samples/a person's own.txt", b"")
    before = set(world.store.names(STATE))
    assert Traffic(world.settings, world.store, world.clock).expire() == [old]
    assert before - set(world.store.names(STATE)) == {old}
    assert kept in world.store.names(STATE)
