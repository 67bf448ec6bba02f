"""The rights that a deploy grants are those that the adapters use: no fewer, and no more."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from deploy.section.vertex import ASKS, RELEASES, TRAINS
from localcloud.execution import Execution
from tests.contracts.jobs import wired
from tests.vertex.campaign import delete, live, release
from tests.vertex.world import VertexWorld

RIGHTS = {
    r"POST .*/models:upload": "models.upload",
    r"GET .*/models/[^/:]+": "models.get",
    r"GET .*/models/[^/:]+:listVersions": "models.list",
    r"POST .*/models/[^/:]+:mergeVersionAliases": "models.update",
    r"DELETE .*/models/[^/:]+(:deleteVersion)?": "models.delete",
    r"POST .*/endpoints": "endpoints.create",
    r"GET .*/endpoints": "endpoints.list",
    r"GET .*/endpoints/[^/:]+": "endpoints.get",
    r"PATCH .*/endpoints/[^/:]+": "endpoints.update",
    r"DELETE .*/endpoints/[^/:]+": "endpoints.delete",
    r"POST .*/endpoints/[^/:]+:deployModel": "endpoints.deploy",
    r"POST .*/endpoints/[^/:]+:undeployModel": "endpoints.undeploy",
    r"POST .*/endpoints/[^/:]+:predict": "endpoints.predict",
    r"GET .*/customJobs": "customJobs.list",
    r"POST .*/customJobs": "customJobs.create",
    r"POST .*/customJobs/[^/:]+:cancel": "customJobs.cancel",
    r"GET .*/(models|endpoints)/[^/:]+/operations": "operations.list",
    r"GET .*/models/[^/:]+/operations/[^/:]+": "models.get",
    r"GET .*/endpoints/[^/:]+/operations/[^/:]+": "endpoints.get",
}
"""Method and path -> the permission it takes."""


def used(world: VertexWorld) -> set[str]:
    """The permissions that the calls took since the last look."""
    calls, world.server.calls = world.server.calls, []
    return taken(calls)


def taken(calls: list[str]) -> set[str]:
    """The permissions that calls take."""
    found = {
        call: right for call in calls for path, right in RIGHTS.items() if re.fullmatch(path, call)
    }
    assert set(found) == set(calls)
    return {f"aiplatform.{right}" for right in found.values()}


def test_the_roles_hold_what_the_adapters_use_and_nothing_else(world: VertexWorld) -> None:
    release(world, world.trained())
    old = live(world)
    release(world, world.trained())
    delete(world, old)
    releasing = used(world)
    world.ask()
    asking = used(world)
    assert asking <= ASKS
    assert releasing | asking == RELEASES


def test_handing_drops_over_takes_what_the_role_of_retrain_holds(tmp_path: Path) -> None:
    inputs = "gs://models/models/iris/model_1/inputs.json"
    with wired(tmp_path, "aiplatform", "v1") as behind:
        port, every = behind.vertex(), behind.jobs.executions
        port.start(inputs)
        looks = iter([[]])  # another delivery looked before that job was there

        def executions() -> list[Execution]:
            return next(looks, [replace(one, ended="") for one in every()])

        behind.jobs.executions = executions  # type: ignore[method-assign]
        port.start(inputs)
        calls = [f"{one.method} {one.path}" for one in behind.held.requests]
        port.close()
    assert taken(calls) == TRAINS
