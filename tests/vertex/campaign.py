"""Fails every call of a release and a deletion in turn, and looks at what is left."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from shared.core.artifact import default_name
from shared.core.default import Default
from shared.core.errors import RetryableError
from shared.core.event import ObjectFinalized
from shared.gcp.vertex.platform import VertexPlatform
from tests.vertex.world import VertexWorld, Wire
from tests.workflows.world import STATE


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
