"""A world whose platform is Vertex AI: the workflows' own world, with our adapters over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shared.core.artifact import split_uri
from shared.core.errors import InvalidRequest, ObjectNotFound, RetryableError
from shared.core.event import ObjectFinalized
from shared.core.prediction import Prediction, Request
from shared.core.retry import Retry
from shared.gcp.credentials import Tokens
from shared.gcp.vertex.image import Image, Machines
from shared.gcp.vertex.name import VERSION_LABEL, Location
from shared.gcp.vertex.platform import VertexPlatform
from shared.gcp.vertex.predictor import VertexPredictor
from shared.workflows.choice import Choice
from shared.workflows.predict import Predict
from tests.asgi import Switch, served
from tests.contracts.discovery import Held, discovery
from tests.fakes.store import FakeObjectReader
from tests.fakes.vertex.server import VertexServer
from tests.gcp.bearer import Bearer
from tests.workflows.world import IRIS, World

PREBUILT = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest"
FLOWERS = [[6.8, 2.8, 4.8, 1.4], [5.1, 3.5, 1.4, 0.2]]
NAMES = ["versicolor", "setosa"]
_DELIVERIES = 40


async def _at_once(_: float) -> None:
    """Nobody waits in a test."""


@dataclass
class Wire:
    """One served port for many worlds: the application behind it is exchanged."""

    switch: Switch
    url: str

    def serve(self, server: VertexServer) -> Held:
        """From now on this server answers, held to Google's document."""
        self.switch.app = Held(server.app, discovery("aiplatform", "v1"))
        return self.switch.app

    def platform(self, patience: float = 5.0) -> VertexPlatform:
        """Our control plane."""
        location, image = Location("project", "us-central1"), Image(PREBUILT)
        return VertexPlatform(
            self.url, location, Bearer(), image, Machines(), deadline=0.0, patience=patience
        )

    def predictor(self) -> VertexPredictor:
        """Our data plane; new for each event loop."""
        location, image = Location("project", "us-central1"), Image(PREBUILT)
        retry = Retry(sleep=_at_once)
        return VertexPredictor(self.url, location, Tokens(Bearer), image, retry)


@contextmanager
def wire() -> Iterator[Wire]:
    """A port that answers what is put behind it."""
    switch = Switch()
    with served(switch) as client:
        yield Wire(switch, f"http://127.0.0.1:{client.port}")


class VertexWorld(World):
    """Drops, deliveries and callers, with Vertex AI where the fake platform was."""

    def __init__(self, wire: Wire, platform: VertexPlatform | None = None) -> None:
        super().__init__(KEEP_VERSIONS="2")
        self.server = VertexServer(self.answer, "project", has_artifact=self.has_artifact)
        self.held = wire.serve(self.server)
        self.wire = wire
        self.platform = platform or wire.platform()  # type: ignore[assignment]

    def answer(self, deployment_uri: str, instances: list[Any]) -> list[Any]:
        try:
            return super().answer(deployment_uri, instances)
        except ValueError as error:  # what the image's server says of it
            raise InvalidRequest(str(error)) from error

    def has_artifact(self, uri: str) -> bool:
        bucket, directory = split_uri(uri)
        try:
            self.store.live(bucket, f"{directory}model.joblib")
        except ObjectNotFound:
            return False
        return True

    def trained(self, name: str = "data/iris/iris.csv") -> ObjectFinalized:
        """The event of a new model.joblib."""
        self.sleep(1)
        self.retrain(self.drop(IRIS, name))
        event = next(e for e in self.events if e.source.name.endswith("/model.joblib"))
        self.events.clear()
        return event

    def deliver_until_it_ends(self, event: ObjectFinalized) -> str:
        """As Eventarc does: again while it is not acknowledged. The step that it ended with."""
        for _ in range(_DELIVERIES):
            try:
                return self.deploy(event).step
            except RetryableError:
                self.sleep(10)
        raise AssertionError("it never ends")

    def ask(self, instances: Any = FLOWERS, version: str | None = None) -> Prediction:
        """What a caller gets."""

        async def scenario() -> Prediction:
            predictor = self.wire.predictor()
            try:
                reader = FakeObjectReader(self.store)
                predict = Predict(reader, predictor, self.settings)
                return await predict(Request("iris", version, instances))
            finally:
                await predictor.close()

        return asyncio.run(scenario())

    def person(self) -> Choice:
        """Somebody at the model."""
        return Choice("iris", "ann", self.settings, self.store, self.platform, self.clock)

    def uploads(self) -> list[str]:
        """The version that each upload in the registry is of."""
        return sorted(
            upload.body["labels"][VERSION_LABEL]
            for versions in self.server.state.models.values()
            for upload in versions.values()
        )

    def machines(self) -> list[str]:
        """The version that each deployed model is of: what costs."""
        return sorted(
            one.upload.body["labels"][VERSION_LABEL]
            for endpoint in self.server.state.endpoints.values()
            for one in endpoint.deployed.values()
        )
