"""A world and the service in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.localcloud.process import GoogleApis, googleapis
from tests.serving.world import Api, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    """The service with the model `iris` and no versions, called by the person at the keyboard."""
    with world.serving() as api:
        api.create_model()
        yield api


@pytest.fixture(scope="session")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleApis]:
    """The real local storage, metadata server and keys, in a process of their own."""
    with googleapis(tmp_path_factory.mktemp("apis") / "state") as running:
        yield running
