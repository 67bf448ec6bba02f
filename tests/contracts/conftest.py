"""Each port twice: the fake, and the real adapter with a local server behind it.

Everything the adapters send is held to Google's discovery documents on its way.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.auth.credentials import Credentials
from starlette.applications import Starlette

from localcloud.storage import Access, Storage, routes
from shared.core.ports import ModelPlatform, ObjectReader, ObjectStore, Predictor
from shared.gcp.ai_platform import AiPlatform
from shared.gcp.credentials import Tokens
from shared.gcp.predictor import PlatformPredictor
from shared.gcp.reader import GoogleObjectReader
from shared.gcp.storage import GoogleObjectStore
from tests.asgi import served
from tests.contracts import loopback
from tests.contracts.discovery import Discovery, Held
from tests.fakes.platform import FakePlatform, FakePredictor
from tests.fakes.store import FakeObjectReader, FakeObjectStore

PROJECT = "dropserve-local"
_numbers = itertools.count(1)


class Bearer(Credentials):
    """Credentials that hold one token."""

    def refresh(self, request: Any) -> None:
        self.token = "token-of-a-test"
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)


@dataclass
class Stored:
    """A bucket with nothing in it, and both ports over it."""

    store: ObjectStore
    reader: ObjectReader
    bucket: str


@dataclass
class Platform:
    """A platform with nothing on it, and both ports over it; `behind` is what holds its state."""

    models: ModelPlatform
    predictor: Predictor
    behind: FakePlatform


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
    """An ObjectStore and an ObjectReader over the same empty bucket."""
    if request.param == "fake":
        fake = FakeObjectStore()
        yield Stored(fake, FakeObjectReader(fake), "bucket")
        return
    url, held, storage = request.getfixturevalue("storage_server")
    bucket = f"contract-{next(_numbers)}"
    storage.ensure_bucket(bucket)
    store = GoogleObjectStore(url, PROJECT, Bearer())
    reader = GoogleObjectReader(url, Tokens(Bearer))
    held.faults.clear()
    held.requests.clear()
    yield Stored(store, reader, bucket)
    store.close()
    assert held.faults == []
    assert all("/o" in request.path for request in held.requests), "only objects are asked for"


@pytest.fixture(scope="session")
def platform_server() -> Iterator[tuple[str, Held]]:
    held = Held(None, Discovery("ml", "v1"))
    with served(held) as client:
        yield f"http://127.0.0.1:{client.port}", held


@pytest.fixture(params=["fake", "real"])
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    """A ModelPlatform and a Predictor over the same empty platform."""
    behind = FakePlatform()
    if request.param == "fake":
        yield Platform(behind, FakePredictor(behind), behind)
        return
    url, held = request.getfixturevalue("platform_server")
    held.application = loopback.application(behind, PROJECT)
    held.faults.clear()
    models = AiPlatform(url, PROJECT, Bearer(), deadline=0.0)
    yield Platform(models, PlatformPredictor(url, PROJECT, Tokens(Bearer)), behind)
    models.close()
    assert held.faults == []


@pytest.fixture
def run() -> Callable[[Any, Callable[[Any], Coroutine[Any, Any, Any]]], Any]:
    """Runs a scenario with an asynchronous port in an event loop, and closes the port."""
    import asyncio

    async def within(port: Any, scenario: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        try:
            return await scenario(port)
        finally:
            if hasattr(port, "close"):
                await port.close()

    return lambda port, scenario: asyncio.run(within(port, scenario))
