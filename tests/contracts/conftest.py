"""Each port on the fake and on the real adapter, with a local server behind it.

Everything the adapters send is held to Google's discovery documents on its way.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.applications import Starlette

from localcloud.storage import Access, Storage, routes
from shared.core.ports import ObjectCreator, ObjectReader, ObjectStore
from shared.gcp.creator import GoogleObjectCreator
from shared.gcp.credentials import Tokens
from shared.gcp.reader import GoogleObjectReader
from shared.gcp.storage import GoogleObjectStore
from tests.asgi import served
from tests.contracts.discovery import Discovery, Held
from tests.contracts.platforms import KINDS, Platform
from tests.fakes.store import FakeObjectCreator, FakeObjectReader, FakeObjectStore
from tests.gcp.bearer import Bearer

PROJECT = "dropserve-local"
_numbers = itertools.count(1)


@dataclass
class Stored:
    """A bucket with nothing in it, and the ports over it."""

    store: ObjectStore
    reader: ObjectReader
    creator: ObjectCreator
    bucket: str


@pytest.fixture(scope="session")
def storage_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Held, Storage]]:
    storage = Storage(tmp_path_factory.mktemp("contract-storage"))
    access = Access(PROJECT, {})
    held = Held(
        Starlette(routes=routes(storage, lambda headers: None, access)), Discovery("storage", "v1")
    )
    with served(held) as client:
        yield f"http://127.0.0.1:{client.port}", held, storage
    storage.close()


@pytest.fixture(params=["fake", "real"])
def stored(request: pytest.FixtureRequest) -> Iterator[Stored]:
    """An ObjectStore, an ObjectReader and an ObjectCreator over the same empty bucket."""
    if request.param == "fake":
        fake = FakeObjectStore()
        yield Stored(fake, FakeObjectReader(fake), FakeObjectCreator(fake), "bucket")
        return
    url, held, storage = request.getfixturevalue("storage_server")
    bucket = f"contract-{next(_numbers)}"
    storage.ensure_bucket(bucket)
    store = GoogleObjectStore(url, PROJECT, Bearer())
    reader = GoogleObjectReader(url, Tokens(Bearer))
    held.faults.clear()
    held.requests.clear()
    yield Stored(store, reader, GoogleObjectCreator(url, Tokens(Bearer)), bucket)
    store.close()
    assert held.faults == []
    assert all("/o" in request.path for request in held.requests), "only objects are asked for"


@pytest.fixture(params=KINDS)
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    """A ModelPlatform and a Predictor over the same empty platform."""
    with KINDS[request.param]() as platform:
        yield platform


@pytest.fixture
def run() -> Callable[[Any, Callable[[Any], Coroutine[Any, Any, Any]]], Any]:
    """Runs a scenario with an asynchronous port in an event loop, and closes the port."""

    async def within(port: Any, scenario: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        try:
            return await scenario(port)
        finally:
            if hasattr(port, "close"):
                await port.close()

    return lambda port, scenario: asyncio.run(within(port, scenario))
