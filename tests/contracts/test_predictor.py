"""What every Predictor does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.core.errors import (
    InvalidRequest,
    ModelNotFound,
    VersionNotFound,
    VersionNotReady,
)
from shared.core.ports import Predictor, VersionSpec
from tests.contracts.platforms import CLASSES, FLOWERS, Platform


def create(platform: Platform, version: str, uri: str) -> None:
    platform.models.create_version(VersionSpec("iris", version, uri, "2.11", "3.7"))


@pytest.fixture
def one(platform: Platform) -> Platform:
    """A platform that serves version v1 of iris."""
    platform.models.ensure_model("iris")
    create(platform, "v1", platform.directory(1))
    platform.settled("v1")
    return platform


def test_predictions_are_in_the_order_of_the_instances(one: Platform, run: Any) -> None:
    for instances, classes in ((FLOWERS, CLASSES), (FLOWERS[::-1], CLASSES[::-1])):
        assert classes == run(
            one.predictor,
            lambda port, rows=instances: port.predict("iris", "v1", rows, timeout=5),
        )


def test_what_is_missing_is_told_apart(one: Platform, run: Any) -> None:
    async def scenario(port: Predictor) -> None:
        with pytest.raises(VersionNotFound):
            await port.predict("iris", "v9", FLOWERS, timeout=5)
        with pytest.raises(ModelNotFound):
            await port.predict("none", "v1", FLOWERS, timeout=5)
        with pytest.raises(VersionNotFound):
            await port.deployment_uri("iris", "v9")
        with pytest.raises(ModelNotFound):
            await port.deployment_uri("none", "v1")

    run(one.predictor, scenario)


def test_a_version_that_is_being_created_does_not_serve_yet(one: Platform, run: Any) -> None:
    uri = one.directory(2)
    one.hold()
    create(one, "v2", uri)

    async def scenario(port: Predictor) -> None:
        with pytest.raises(VersionNotReady):
            await port.predict("iris", "v2", FLOWERS, timeout=5)

    run(one.predictor, scenario)
    one.release()
    assert one.settled("v2").state == "READY"


def test_instances_that_the_model_cannot_take_are_refused(one: Platform, run: Any) -> None:
    async def scenario(port: Predictor) -> None:
        with pytest.raises(InvalidRequest, match="features"):
            await port.predict("iris", "v1", [[1, 2]], timeout=5)

    run(one.predictor, scenario)


def test_the_directory_of_a_version_is_told(platform: Platform, run: Any) -> None:
    platform.models.ensure_model("iris")
    uri = platform.directory(1)
    create(platform, "v1", uri)
    assert run(platform.predictor, lambda port: port.deployment_uri("iris", "v1")) == uri


def test_many_tasks_may_ask_at_once(one: Platform, run: Any) -> None:
    rows = [FLOWERS[number % 3] for number in range(40)]

    async def scenario(port: Predictor) -> list[Any]:
        asked = (port.predict("iris", "v1", [row], timeout=5) for row in rows)
        return await asyncio.gather(*asked)

    assert run(one.predictor, scenario) == [[CLASSES[number % 3]] for number in range(40)]
