"""A project with buckets in memory, model directories in it, and the service in front of it."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from sklearn import svm
from sklearn.datasets import load_iris

from serving.access import Access
from serving.application import Application
from serving.caller import Caller, caller_of
from serving.configuration import Configuration
from serving.identity import VerifiedHere
from serving.measure import Measure
from serving.sandbox.nursery import Nursery
from serving.sibling import Siblings
from shared.artifacts.writing import dump, write_directory
from shared.core import artifact, roles
from shared.core.card import Card, Golden, sha256
from shared.core.errors import Unauthenticated
from shared.core.ports import ObjectStore
from shared.core.principal import Principal
from shared.core.schema import Feature, Schema
from shared.core.source import Source
from tests.asgi import Client, Reply
from tests.fakes.store import FakeObjectReader, FakeObjectStore
from tests.serving.direct import Direct, running

PROJECT = "p"
ENVIRONMENT = {
    "GOOGLE_CLOUD_PROJECT": PROJECT,
    "DATA_BUCKET": "data",
    "MODELS_BUCKET": "models",
    "STATE_BUCKET": "state",
    "AI_PLATFORM_URL": "http://127.0.0.1:1",
}
NURSERY = Nursery()
"""One for all tests: its template starts with the first model that is unpickled."""
atexit.register(NURSERY.close)
FLOWERS = [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]


@cache
def iris() -> Any:
    """The seed's model."""
    features, classes = load_iris(return_X_y=True)
    return svm.SVC(gamma="auto").fit(features.tolist(), classes.tolist())


class NamedInTheHeader:
    """`Authenticator` that believes `Bearer <email>`: tokens have tests of their own."""

    async def authenticate(self, headers: Any) -> Principal:
        email = headers["authorization"].removeprefix("Bearer ")
        if "@" not in email:
            raise Unauthenticated("email", "The token names nobody.")
        return Principal(email)


def written(
    store: ObjectStore,
    bucket: str,
    stamp: int = 1,
    estimator: Any = None,
    predictions: list[Any] | None = None,
) -> str:
    """Write a model directory as `retrain` does; its gs:// address."""
    estimator = estimator or iris()
    source = Source("data", "data/iris/x.csv", 1000 + stamp, f"2026-11-22T10:00:{stamp:02}.5Z")
    path = artifact.directory("iris", source)
    model = dump(estimator)
    answers = estimator.predict(FLOWERS).tolist() if predictions is None else predictions
    card = Card(
        model="iris",
        version=artifact.version_name(source),
        source=source,
        schema=Schema(tuple(Feature(f"f{n}") for n in range(4)), "species", ("a", "b", "c")),
        estimator={"name": "SVC"},
        metrics={},
        golden=Golden(FLOWERS, answers),
        files={"model.joblib": {"sha256": sha256(model), "size": len(model)}},
        libraries={},
        code_digest="",
    )
    write_directory(store, bucket, path, card, {"model.joblib": model})
    return f"gs://{bucket}/{path}"


@dataclass
class World:
    """store: all buckets. environment: settings on top of the usual ones."""

    environment: dict[str, str] = field(default_factory=dict)
    store: FakeObjectStore = field(default_factory=FakeObjectStore)

    def directory(
        self, stamp: int = 1, estimator: Any = None, predictions: list[Any] | None = None
    ) -> str:
        """A directory as `retrain` writes it; its gs:// address. stamp: a second of the hour."""
        return written(self.store, "models", stamp, estimator, predictions)

    def handmade(self, path: str, data: bytes, file: str = "model.joblib") -> str:
        """A directory with a file that a person made."""
        self.store.put("models", f"{path}{file}", data)
        return f"gs://models/{path}"

    @contextmanager
    def serving(self, nursery: Nursery = NURSERY, **environment: str) -> Iterator[Api]:
        """The service over these buckets."""
        configuration = Configuration.from_environment(
            {**ENVIRONMENT, **self.environment, **environment}
        )
        reader = FakeObjectReader(self.store)
        access = Access(self.store, reader, self.store, reader)
        identity = VerifiedHere(NamedInTheHeader(), self.caller)
        with running(
            Application(configuration, access, identity, nursery, Siblings(Measure()))
        ) as client:
            yield Api(client)

    def caller(self, email: str) -> Caller:
        """Whoever the header names."""
        return caller_of(
            email, partial(roles.email, project=PROJECT), ("operator@dropserve.example",)
        )


@dataclass(frozen=True)
class Api:
    """The service's methods. account: "" is the person at the keyboard."""

    client: Client | Direct
    account: str = ""
    project: str = PROJECT

    def as_account(self, account: str) -> Api:
        """The same service, called by another."""
        email = account if "@" in account else roles.email(account, PROJECT)
        return Api(self.client, email, self.project)

    def call(self, method: str, path: str, body: Any = None) -> Reply:
        """path: below the project."""
        headers = {"Authorization": f"Bearer {self.account}"} if self.account else {}
        return self.client.send(method, f"/v1/projects/{self.project}{path}", body, headers)

    def create_model(self, name: str = "iris") -> Reply:
        return self.call("POST", "/models", {"name": name})

    def create_version(self, version: str, uri: str, model: str = "iris", **fields: Any) -> Reply:
        body = {
            "name": version,
            "deploymentUri": uri,
            "runtimeVersion": "2.11",
            "pythonVersion": "3.7",
            "framework": "SCIKIT_LEARN",
            **fields,
        }
        return self.call("POST", f"/models/{model}/versions", body)

    def version(self, name: str) -> Reply:
        return self.call("GET", f"/models/iris/versions/{name}")

    def predict(self, version: str = "", instances: Any = None) -> Reply:
        path = f"/models/iris/versions/{version}" if version else "/models/iris"
        body = {"instances": FLOWERS if instances is None else instances}
        return self.call("POST", f"{path}:predict", body)
