"""The reconcile job's door: it repairs, tells alarms in the words that alerts match."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from deploy.alert import LOGGED
from shared import reconcile as door
from shared import wiring
from shared.core.errors import EventNotTaken
from shared.core.event import ObjectFinalized
from shared.workflows import watch
from tests.workflows.world import World


class Sender:
    """Delivers, or does not."""

    def __init__(self, world: World, failing: bool = False) -> None:
        self.world, self.failing = world, failing

    def send(self, event: ObjectFinalized) -> None:
        if self.failing:
            raise EventNotTaken("answered 500")
        self.world.deliver(event)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world that the door is wired to, at its own time."""
    world = World()
    monkeypatch.setattr(wiring, "settings", lambda: world.settings)
    monkeypatch.setattr(wiring, "object_store", lambda: world.store)
    monkeypatch.setattr(wiring, "platform", lambda: world.platform)
    monkeypatch.setattr(wiring, "event_sender", lambda: Sender(world))
    monkeypatch.setattr(door, "now", world.clock)
    return world


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_lost_events_are_sent_and_counted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.drop(target="species")
    assert door.main() == 0
    assert lines(capsys)[-1] | {"time": ""} == {
        "severity": "INFO",
        "message": "reconciled",
        "time": "",
        "step": "reconcile",
        "sent": 2,
        "defaults": 0,
        "collected": 0,
        "failed": 0,
    }


def test_a_function_that_takes_nothing_is_an_alarm_and_a_failed_run(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.drop()
    later = world.clock() + timedelta(hours=1)
    monkeypatch.setattr(door, "now", lambda: later)
    monkeypatch.setattr(wiring, "event_sender", lambda: Sender(world, failing=True))
    assert door.main() == 1
    told = [line for line in lines(capsys) if line.get("alert")]
    assert [(line["alert"], line["model"]) for line in told] == [("drop_not_settled", "iris")]


def test_every_alarm_has_an_alert_that_waits_for_its_word() -> None:
    words = {watch.UNSETTLED, watch.NOT_READY, watch.OLD_PIN, watch.REFUSED_TWICE, watch.DRIFTED}
    assert {alert.log for alert in LOGGED} == words
