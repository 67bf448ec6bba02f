"""What a person is told about: each alarm, and that nothing is told where all is well."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core import artifact, ledger
from shared.core.event import ObjectFinalized
from shared.core.source import Source
from shared.workflows import watch
from shared.workflows.promotion import read_default
from shared.workflows.reconcile import models_with_default
from tests.fakes.platform import FakePlatform
from tests.workflows.world import World


def live(world: World) -> None:
    """One model is live."""
    world.deliver(world.drop(target="species"))
    world.settle()


def entry(world: World, drop: str, step: str) -> None:
    world.store.write(
        world.settings.state_bucket,
        ledger.entry_name("iris", drop, step),
        b"{}",
        if_generation_match=0,
    )


def test_a_drop_without_an_end_is_told_after_a_quarter_of_an_hour_and_not_before() -> None:
    world = World()
    now = world.clock()
    came = (now - watch.PATIENCE).isoformat()
    source = Source("data", "data/iris/a.csv", 1, came)
    event = ObjectFinalized(source, 10)
    settings = world.settings
    assert list(watch.unsettled([event], settings, lambda: now)) == []
    later = watch.unsettled([event], settings, lambda: now + timedelta(seconds=1))
    assert [(alarm.code, alarm.model) for alarm in later] == [("drop_not_settled", "iris")]


def test_a_file_to_predict_for_that_a_job_has_may_take_a_day() -> None:
    world = World(MAX_BATCH_BYTES="10")
    came = world.clock().isoformat()
    events = [
        ObjectFinalized(Source("data", f"batch/{model}/a.csv", 1, came), size)
        for model, size in (("small", 10), ("large", 11))
    ]

    def told(after: timedelta) -> list[str]:
        found = watch.unsettled(events, world.settings, lambda: world.clock() + after)
        return [alarm.model for alarm in found]

    second = timedelta(seconds=1)
    assert told(watch.PATIENCE + second) == ["small"]
    assert told(watch.JOB_PATIENCE) == ["small"]
    assert told(watch.JOB_PATIENCE + second) == ["small", "large"]


def test_a_default_that_is_gone_from_the_platform_is_told() -> None:
    world = World()
    live(world)
    ports = world.settings, world.store, world.platform
    assert list(watch.not_ready(*ports, models_with_default(*ports[:2]))) == []
    default, generation = read_default(world.store, world.settings.state_bucket, "iris")
    assert default is not None
    gone = replace(default, version="v20200101_000000_00000000").to_json()
    name = artifact.default_name("iris")
    world.store.write(world.settings.state_bucket, name, gone, if_generation_match=generation)
    (alarm,) = watch.not_ready(*ports, ["iris", "never_heard_of"])
    assert (alarm.code, alarm.model) == ("default_not_ready", "iris")
    assert "is gone" in alarm.message
    world.platform = FakePlatform()  # a person deleted the model itself
    (alarm,) = watch.not_ready(*ports[:2], world.platform, ["iris"])
    assert "is gone" in alarm.message


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (["refused", "refused"], True),
        (["live", "refused", "exhausted"], True),
        (["live", "failed", "refused"], True),
        (["refused", "live"], False),
        (["refused", "live", "refused"], False),
        (["refused"], False),
        (["refused", "superseded"], False),
        (["refused", "refused", "ready"], False),
    ],
)
def test_two_bad_ends_running_are_told(steps: list[str], told: bool) -> None:
    world = World()
    for number, step in enumerate(steps):
        entry(world, f"2026112{number}_130000_0000000{number}", step)
    found = list(watch.refused_twice(world.settings, world.store))
    assert [alarm.code for alarm in found] == (["refused_twice"] if told else [])


def test_an_old_pin_is_told() -> None:
    (alarm,) = watch.old_pins({"iris": 15})
    assert (alarm.code, alarm.model) == ("pin_too_old", "iris")
    assert "15 days" in alarm.message
