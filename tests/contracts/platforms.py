"""Platforms to hold to the contract: the fake, our adapters over it, over `serving` and over a
Vertex AI on loopback.

All of them know the same models: directory 1 tells irises by their petals, directory 2 answers
the next class. Instances are lists of four numbers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sklearn import svm
from sklearn.datasets import load_iris

from serving.access import Access
from serving.application import Application
from serving.configuration import Configuration
from serving.identity import VerifiedHere
from serving.measure import Measure
from serving.sibling import Siblings
from shared.core.errors import InvalidRequest
from shared.core.ports import ModelPlatform, Predictor, VersionInfo
from shared.gcp.ai_platform import AiPlatform
from shared.gcp.credentials import Tokens
from shared.gcp.predictor import PlatformPredictor
from shared.gcp.vertex.image import Image, Machines
from shared.gcp.vertex.name import Location
from shared.gcp.vertex.platform import VertexPlatform
from shared.gcp.vertex.predictor import VertexPredictor
from tests.asgi import served
from tests.contracts import loopback
from tests.contracts.discovery import Held, discovery
from tests.fakes.platform import FakePlatform, FakePredictor
from tests.fakes.store import FakeObjectReader
from tests.fakes.vertex.server import VertexServer
from tests.gcp.bearer import Bearer
from tests.serving.world import ENVIRONMENT, NURSERY, PROJECT, NamedInTheHeader, World

FLOWERS = [[6.8, 2.8, 4.8, 1.4], [5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]]
CLASSES = [1, 0, 2]
_DIRECTORIES = {1: "gs://models/models/iris/one/", 2: "gs://models/models/iris/two/"}
_BROKEN = "gs://models/models/iris/broken/"
PREBUILT = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest"
_SECONDS = 20.0


@dataclass(frozen=True)
class Platform:
    """A platform with nothing on it, and both ports over it.

    directory: the address of model 1 or 2. broken: one that no version can be made of. hold: from
    now on new versions stay CREATING, until `release`.
    """

    models: ModelPlatform
    predictor: Predictor
    directory: Callable[[int], str]
    broken: Callable[[], str]
    hold: Callable[[], None]
    release: Callable[[], None]

    def settled(self, version: str) -> VersionInfo:
        """The version of iris when it is CREATING no more."""
        end = time.monotonic() + _SECONDS
        while (info := self.models.get_version("iris", version)).state == "CREATING":
            assert time.monotonic() < end, f"{version} is still {info.state}"
            time.sleep(0.005)
        return info


@contextmanager
def fake() -> Iterator[Platform]:
    """The fakes themselves."""
    behind = _behind()
    yield _over(behind, behind, FakePredictor(behind))


@contextmanager
def wire() -> Iterator[Platform]:
    """Our adapters, over HTTP, over the fake."""
    behind = _behind()
    with _adapters(loopback.application(behind, PROJECT), "off", Bearer) as (models, predictor):
        yield _over(behind, models, predictor)


@contextmanager
def serving() -> Iterator[Platform]:
    """Our adapters, over HTTP, over the service that we deploy."""
    world = World()
    held = threading.Event()
    held.set()

    def wait(operation: str, bucket: str, name: str) -> None:
        if bucket == "models" and operation in ("stat", "read", "open"):
            assert held.wait(_SECONDS)

    world.store.on_call = wait
    configuration = Configuration.from_environment(
        {**ENVIRONMENT, "ANSWER_SECONDS": "0.05", "MAX_AGE_SECONDS": "0"}
    )
    application = Application(
        configuration,
        _access(world),
        VerifiedHere(NamedInTheHeader(), world.caller),
        NURSERY,
        Siblings(Measure()),
    )
    try:
        with _adapters(application, "on", _deployer) as (models, predictor):
            yield Platform(
                models,
                predictor,
                lambda number: world.directory(number, _iris(number - 1)),
                lambda: world.handmade("models/iris/broken/", b"no model"),
                held.clear,
                held.set,
            )
    finally:
        held.set()


@contextmanager
def vertex() -> Iterator[Platform]:
    """Our adapters for Vertex AI, over HTTP, over a server that behaves as it does."""
    server = VertexServer(_by_petals, PROJECT)
    server.endpoints.broken[_BROKEN] = "Failed to load model: not a model file"
    held = Held(server.app, discovery("aiplatform", "v1"))
    location = Location(PROJECT, "us-central1")
    with served(held) as client:
        url = f"http://127.0.0.1:{client.port}"
        models = VertexPlatform(url, location, Bearer(), Image(PREBUILT), Machines(), deadline=0.0)
        predictor = VertexPredictor(url, location, Tokens(Bearer), Image(PREBUILT))
        try:
            yield Platform(
                models,
                predictor,
                _DIRECTORIES.__getitem__,
                lambda: _BROKEN,
                server.hold,
                server.release,
            )
        finally:
            models.close()
    assert held.faults == []


KINDS = {"fake": fake, "wire": wire, "serving": serving, "vertex": vertex}


@contextmanager
def _adapters(
    application: Any, lifespan: Any, credentials: Callable[[], Bearer]
) -> Iterator[tuple[AiPlatform, PlatformPredictor]]:
    held = Held(application, discovery("ml", "v1"))
    with served(held, lifespan=lifespan) as client:
        url = f"http://127.0.0.1:{client.port}"
        models = AiPlatform(url, PROJECT, credentials(), deadline=0.0)
        try:
            yield models, PlatformPredictor(url, PROJECT, Tokens(credentials))
        finally:
            models.close()
    assert held.faults == []


def _over(behind: FakePlatform, models: ModelPlatform, predictor: Predictor) -> Platform:
    def hold() -> None:
        behind.ready_at_once = False

    return Platform(
        models, predictor, _DIRECTORIES.__getitem__, lambda: _BROKEN, hold, behind.finish_all
    )


def _behind() -> FakePlatform:
    behind = FakePlatform(_by_petals)
    behind.broken[_BROKEN] = "Failed to load model: not a model file (Error code: 0)"
    return behind


def _by_petals(deployment_uri: str, instances: list[Any]) -> list[Any]:
    if not all(isinstance(instance, list) and len(instance) == 4 for instance in instances):
        raise InvalidRequest("X has another number of features than 4. (Error code: 2)")
    step = deployment_uri == _DIRECTORIES[2]
    return [((row[2] > 2.5) + (row[2] > 5) + step) % 3 for row in instances]


def _iris(step: int) -> Any:
    features, classes = load_iris(return_X_y=True)
    return svm.SVC(gamma="auto").fit(features.tolist(), ((classes + step) % 3).tolist())


def _access(world: World) -> Access:
    reader = FakeObjectReader(world.store)
    return Access(world.store, reader, world.store, reader)


def _deployer() -> Bearer:
    return Bearer(token="operator@dropserve.example")
