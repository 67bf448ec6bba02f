"""Every call of a release fails in turn, before or after it took effect; redelivery converges."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.core.errors import DropserveError
from shared.gcp.vertex.platform import VertexPlatform
from tests.vertex.campaign import Fault, campaign, check, live, release
from tests.vertex.world import VertexWorld, Wire

STRIDE = 8
"""Every eighth call here; all of them in `./run bench vertex`."""


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


def test_a_deployment_that_somebody_ends_while_it_is_refused_here_is_looked_at_again(
    world: VertexWorld,
) -> None:
    event, server = world.trained(), world.server
    begun: list[str] = []

    def meet(method: str, path: str) -> None:
        endpoint, _, verb = path.rpartition("/")[2].partition(":")
        if verb == "deployModel" and not begun:
            machines = {"machineSpec": {}, "minReplicaCount": 1}
            deployed = {"id": "1", "model": "models/iris@1", "dedicatedResources": machines}
            body = {"deployedModel": deployed, "trafficSplit": {"0": 100}}
            begun.append(server.endpoints.deploy(endpoint, body).name)
        elif begun and endpoint == "operations":
            server.finish()

    server.before = meet  # type: ignore[assignment]
    assert release(world, event) == "live"
    assert begun
    check(world, 1)


def test_a_deletion_that_ends_while_it_is_begun_again_is_success(world: VertexWorld) -> None:
    release(world, world.trained())
    old = live(world)
    release(world, world.trained())

    def end_it(method: str, path: str) -> None:
        if method == "PATCH":
            for endpoint in list(world.server.state.endpoints.values()):
                if endpoint.body["labels"]["dropserve-version"] == old:
                    del world.server.state.endpoints[endpoint.id]

    world.server.before = end_it  # type: ignore[assignment]
    world.platform.delete_version("iris", old)
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
