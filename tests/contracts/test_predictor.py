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
from tests.contracts.conftest import Platform

URI = "gs://b/models/iris/model_20260101_000000_aaaaaaaa/"


@pytest.fixture
def with_version(platform: Platform) -> Platform:
    """A platform that serves version v1 of iris."""
    platform.behind.ensure_model("iris")
    platform.behind.create_version(VersionSpec("iris", "v1", URI, "2.11", "3.12"))
    return platform


def test_predictions_are_in_the_order_of_the_instances(with_version: Platform, run: Any) -> None:
    instances = [[6.8, 2.8], [6, 3.4], [True, None], ["ä", "b"]]
    answer = run(
        with_version.predictor,
        lambda port: port.predict("iris", "v1", instances, timeout=5),
    )
    assert answer == [6.8, 6, True, "ä"]


def test_what_is_missing_is_told_apart(with_version: Platform, run: Any) -> None:
    async def scenario(port: Predictor) -> None:
        with pytest.raises(VersionNotFound):
            await port.predict("iris", "v9", [[1]], timeout=5)
        with pytest.raises(ModelNotFound):
            await port.predict("none", "v1", [[1]], timeout=5)
        with pytest.raises(VersionNotFound):
            await port.deployment_uri("iris", "v9")
        with pytest.raises(ModelNotFound):
            await port.deployment_uri("none", "v1")

    run(with_version.predictor, scenario)


def test_a_version_that_is_being_created_does_not_serve_yet(
    with_version: Platform, run: Any
) -> None:
    with_version.behind.set_state("iris", "v1", "CREATING")

    async def scenario(port: Predictor) -> None:
        with pytest.raises(VersionNotReady):
            await port.predict("iris", "v1", [[1]], timeout=5)

    run(with_version.predictor, scenario)


def test_instances_that_the_model_cannot_take_are_refused(with_version: Platform, run: Any) -> None:
    async def scenario(port: Predictor) -> None:
        with pytest.raises(InvalidRequest, match="list of numbers"):
            await port.predict("iris", "v1", ["no list"], timeout=5)

    run(with_version.predictor, scenario)


def test_the_directory_of_a_version_is_told(with_version: Platform, run: Any) -> None:
    assert run(with_version.predictor, lambda port: port.deployment_uri("iris", "v1")) == URI


def test_many_tasks_may_ask_at_once(with_version: Platform, run: Any) -> None:
    async def scenario(port: Predictor) -> list[Any]:
        asked = (port.predict("iris", "v1", [[n]], timeout=5) for n in range(40))
        return await asyncio.gather(*asked)

    assert run(with_version.predictor, scenario) == [[n] for n in range(40)]
