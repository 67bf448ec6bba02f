"""Each thing that keeps Vertex AI from answering wrongly or costing twice, met on purpose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.core.errors import PlatformUnavailable
from tests.fakes.vertex.refusal import Refusal
from tests.vertex.campaign import check, live, release
from tests.vertex.world import FLOWERS, VertexWorld


def test_an_upload_whose_answer_was_lost_is_waited_for_and_not_made_again(
    world: VertexWorld,
) -> None:
    event = world.trained()
    lost = iter(["UNAVAILABLE"])
    world.server.after = lambda method, path: next(lost, None) if "upload" in path else None
    with pytest.raises(PlatformUnavailable):
        world.deploy(event)
    assert release(world, event) == "live"
    assert len([call for call in world.server.calls if call.endswith(":upload")]) == 1


def test_of_two_that_choose_an_upload_the_second_looks_again(world: VertexWorld) -> None:
    event, met = world.trained(), []

    def meet(method: str, path: str) -> None:
        if method == "PATCH" and not met:
            met.append(path)
            endpoint = path.rpartition("/")[2]
            labels = world.server.state.endpoints[endpoint].body["labels"]
            world.server.endpoints.patch(endpoint, "labels", {"labels": labels})

    world.server.before = meet  # type: ignore[assignment]
    with pytest.raises(PlatformUnavailable):
        world.deploy(event)
    assert release(world, event) == "live"
    check(world, 1)


def test_a_golden_answer_of_another_version_proves_nothing(world: VertexWorld) -> None:
    release(world, world.trained())
    (endpoint,) = world.server.state.endpoints.values()

    def exchange(method: str, path: str) -> None:
        if path.endswith(":predict"):
            upload = endpoint.deployed["1"].upload
            endpoint.deployed["1"].upload = replace(upload, number=77)

    world.server.before = exchange  # type: ignore[assignment]
    with pytest.raises(PlatformUnavailable, match="another version"):
        world.platform.predict("iris", live(world), FLOWERS)


def test_a_deployment_that_finds_no_machine_is_begun_again(world: VertexWorld) -> None:
    event, service = world.trained(), world.server.endpoints
    deployed, refusals = service._deployed, iter(["RESOURCE_EXHAUSTED"])

    def crowded(*given: Any) -> dict[str, Any]:
        if word := next(refusals, None):
            raise Refusal(word, "no machine is free")
        return deployed(*given)

    service._deployed = crowded  # type: ignore[method-assign]
    assert release(world, event) == "live"
    check(world, 1)
