"""`projects.models.versions` over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serving.world import Api, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with world.serving() as api:
        api.create_model()
        yield api


def test_a_version_is_ready_and_the_default_when_its_creation_answers(
    world: World, api: Api
) -> None:
    uri = world.directory()

    operation = api.create_version("v1", uri).json

    assert operation["done"] is True
    assert operation["metadata"]["operationType"] == "CREATE_VERSION"
    assert operation["response"]["state"] == "READY"
    assert operation["response"]["isDefault"] is True
    assert api.version("v1").json["deploymentUri"] == uri
    assert api.call("GET", "/models/iris").json["defaultVersion"]["name"].endswith("versions/v1")
    answer = api.predict()
    assert answer.json == {"predictions": [1, 1]}
    assert answer.headers["x-model-version"] == "v1"
