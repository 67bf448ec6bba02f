"""A running local storage and Google's client for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google.cloud import storage as google_storage

from tests.localcloud.storage.storage_server import BUCKETS, Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a module, with the three buckets."""
    with serving(tmp_path_factory.mktemp("storage")) as running:
        for bucket in BUCKETS.values():
            running.storage.ensure_bucket(bucket)
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[google_storage.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def bucket(client: google_storage.Client, request: pytest.FixtureRequest) -> Any:
    """A new empty bucket."""
    number = abs(hash(request.node.nodeid)) % 10**12
    return client.create_bucket(f"bkt-{number}")
