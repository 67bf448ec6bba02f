"""Every call of a release fails in turn, before or after it took effect; redelivery converges."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from shared.core.artifact import default_name
from shared.core.default import Default
from shared.core.errors import DropserveError, RetryableError
from shared.core.event import ObjectFinalized
from shared.gcp.vertex.platform import VertexPlatform
from tests.vertex.world import VertexWorld, Wire
from tests.workflows.world import STATE

STRIDE = 8
"""Every N-th call of the default suite; the rest by CALLS = all in `./run bench vertex`."""


class Fault:
    """Answers one call, counted over all, with a failure. struck: whether it was reached."""

    def __init__(self, call: int, *, after: bool, word: str = "UNAVAILABLE") -> None:
        self._count, self._call, self._after, self._word = itertools.count(), call, after, word
        self.struck = False

    @contextmanager
    def armed(self, world: VertexWorld) -> Iterator[None]:
        """Calls count, and one of them fails, in here."""
        server = world.server
        server.before = lambda method, path: self._strike(after=False)
        server.after = lambda method, path: self._strike(after=True)
        yield
        server.before = server.after = lambda method, path: None

    def _strike(self, *, after: bool) -> str | None:
        if after != self._after or next(self._count) != self._call:
            return None
        self.struck = True
        return self._word


def live(world: VertexWorld) -> str:
    return Default.from_json(world.store.live(STATE, default_name("iris"))[0]).version


def check(world: VertexWorld, versions: int) -> None:
    """One upload, one endpoint, one deployment for each version; one default, the desired one."""
    infos = world.platform.list_versions("iris")
    names = sorted(info.version for info in infos)
    assert len(names) == versions
    assert {info.state for info in infos} == {"READY"}
    assert world.uploads() == world.machines() == names
    assert len(world.server.state.endpoints) == versions
    assert [info.version for info in infos if info.is_default] == [live(world)]
    assert world.ask().version == live(world) == names[-1]


def release(world: VertexWorld, event: ObjectFinalized) -> str:
    """Delivered until it ends, and once more, as Eventarc may."""
    step = world.deliver_until_it_ends(event)
    assert world.deliver_until_it_ends(event) == "done_before"
    return step


def campaign(loopback: Wire, client: VertexPlatform, calls: range, *, after: bool) -> int:
    """Fail each of these calls of a second release and of the deletion of the first one."""
    struck = 0
    for call in calls:
        world = VertexWorld(loopback, client)
        release(world, world.trained())
        old, event = live(world), world.trained()
        fault = Fault(call, after=after)
        with fault.armed(world):
            release(world, event)
        assert {story["state"] for story in world.stories().values()} == {"live"}
        check(world, 2)
        with fault.armed(world):
            delete(world, old)
        check(world, 1)
        assert world.held.faults == []
        if not fault.struck:
            return struck
        struck += 1
    return struck


def delete(world: VertexWorld, version: str) -> None:
    """As retention does: again, until it is gone."""
    for _ in range(3):
        try:
            world.platform.delete_version("iris", version)
        except RetryableError:
            continue
        return


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_failed_call_anywhere_leaves_one_version_for_each_source(
    loopback: Wire, client: VertexPlatform, after: bool
) -> None:
    assert campaign(loopback, client, range(after, 200, STRIDE), after=after) >= 8


@pytest.mark.parametrize("word", ["RESOURCE_EXHAUSTED", "ABORTED"])
def test_what_the_service_asks_for_later_is_tried_later(
    world: VertexWorld, client: VertexPlatform, word: str
) -> None:
    fault = Fault(6, after=False, word=word)
    event = world.trained()
    with fault.armed(world):
        assert release(world, event) == "live"
    assert fault.struck
    check(world, 1)


def test_two_deliveries_at_once_leave_one_upload_and_one_machine(world: VertexWorld) -> None:
    event = world.trained()

    def deliver(_: int) -> str:
        return world.deliver_until_it_ends(event)

    with ThreadPoolExecutor(3) as pool:
        steps = sorted(pool.map(deliver, range(3)))
    assert "live" in steps
    assert set(steps) <= {"live", "done_before"}
    check(world, 1)


def test_an_upload_made_twice_is_collected(world: VertexWorld) -> None:
    event = world.trained()
    world.server.hold()
    with pytest.raises(DropserveError):
        world.deploy(event)
    (upload,) = world.server.state.models["iris"].values()
    parent = {"parentModel": "projects/p/locations/l/models/iris"}
    twin = {key: value for key, value in upload.body.items() if key != "versionAliases"}
    world.server.models.upload({"model": twin, **parent})
    world.server.finish()
    world.server.release()
    assert len(world.uploads()) == 2
    assert release(world, event) == "live"
    check(world, 1)
