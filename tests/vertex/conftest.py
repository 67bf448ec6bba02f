"""One port and one client for all tests here: a server is started and a document read once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.gcp.vertex.platform import VertexPlatform
from tests.vertex.world import VertexWorld, Wire, wire


@pytest.fixture(scope="session")
def loopback() -> Iterator[Wire]:
    with wire() as found:
        yield found


@pytest.fixture(scope="session")
def client(loopback: Wire) -> Iterator[VertexPlatform]:
    platform = loopback.platform()
    yield platform
    platform.close()


@pytest.fixture
def world(loopback: Wire, client: VertexPlatform) -> Iterator[VertexWorld]:
    found = VertexWorld(loopback, client)
    yield found
    assert found.held.faults == []
