"""What lost events, persons and crashes left undone on Vertex AI is repaired by one reconcile."""

from __future__ import annotations

import pytest

from shared.core.errors import PlatformUnavailable
from shared.core.event import ObjectFinalized
from shared.workflows.reconcile import Repairs, reconcile
from tests.vertex.campaign import check, live, release
from tests.vertex.world import VertexWorld


class Sender:
    """Sends an event to the function, which is called directly."""

    def __init__(self, world: VertexWorld) -> None:
        self._world = world

    def send(self, event: ObjectFinalized) -> None:
        self._world.deliver(event)


def mend(world: VertexWorld) -> Repairs:
    return reconcile(world.settings, world.store, world.platform, Sender(world), world.clock)


def test_a_model_whose_event_was_lost_is_released(world: VertexWorld) -> None:
    release(world, world.trained())
    world.trained()
    assert len(mend(world).sent) == 1
    check(world, 2)
    assert mend(world) == Repairs()


def test_an_alias_that_a_person_moved_is_brought_back(world: VertexWorld) -> None:
    release(world, world.trained())
    release(world, world.trained())
    world.server.models.merge_aliases("iris@1", ["default"])
    assert mend(world).defaults == ["iris"]
    check(world, 2)


def test_a_deletion_that_died_half_way_is_finished(world: VertexWorld) -> None:
    for _ in range(2):
        release(world, world.trained())
    world.server.before = lambda method, path: (
        "UNAVAILABLE" if path.endswith(":deleteVersion") else None
    )
    event = world.trained()
    with pytest.raises(PlatformUnavailable, match="not now"):
        world.deploy(event)
    world.server.before = lambda method, path: None
    newest = live(world)
    states = {info.version: info.state for info in world.platform.list_versions("iris")}
    assert sorted(states.values()) == ["DELETING", "READY", "READY"]
    mend(world)
    check(world, 2)
    assert live(world) == newest
