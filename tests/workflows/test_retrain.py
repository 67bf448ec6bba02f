"""A CSV becomes a version, once, whatever delivery does."""

from __future__ import annotations

from shared.core.artifact import drop_id
from tests.workflows.world import World


def test_a_dropped_csv_becomes_a_version_that_is_the_default() -> None:
    world = World()
    event = world.drop()
    outcome = world.retrain(event)
    assert outcome.step == "trained", outcome
    world.settle()
    story = world.story("iris", drop_id(event.source))
    assert story["state"] == "live", story
    assert world.platform.default("iris") == story["version"]
    answers = world.platform.predict(
        "iris", story["version"], [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]
    )
    assert answers == ["versicolor", "versicolor"]
