"""Versions in the in-memory store and platform, as retrain and deploy_version leave them."""

from __future__ import annotations

from shared.core import artifact
from shared.core.card import Card, Golden, sha256
from shared.core.default import Default
from shared.core.ports import VersionSpec
from shared.core.schema import Feature, Schema
from shared.core.settings import Settings
from shared.core.source import Source
from tests.fakes.platform import FakePlatform
from tests.fakes.store import FakeObjectStore

IRIS = Schema(
    tuple(Feature(n) for n in ("sepal_length", "sepal_width", "petal_length", "petal_width")),
    "species",
    ("setosa", "versicolor", "virginica"),
)


def settings(**changes: str) -> Settings:
    """Settings over the buckets data, models and state."""
    return Settings.from_environment(
        {
            "GOOGLE_CLOUD_PROJECT": "p",
            "DATA_BUCKET": "data",
            "MODELS_BUCKET": "models",
            "STATE_BUCKET": "state",
            **changes,
        }
    )


def put_version(
    store: FakeObjectStore,
    platform: FakePlatform,
    number: int,
    schema: Schema | None = IRIS,
    *,
    uri: str = "",
    write: bool = True,
) -> str:
    """Write a directory (with a card, where there is a schema) and create its version."""
    source = Source("data", "data/iris/iris.csv", number, f"2026-01-01T00:00:0{number}Z")
    version, folder = artifact.version_name(source), artifact.directory("iris", source)
    if write:
        _write(store, folder, source, schema)
    platform.ensure_model("iris")
    place = uri or f"gs://models/{folder}"
    platform.create_version(VersionSpec("iris", version, place, "2.11", "3.12"))
    return version


def make_default(store: FakeObjectStore, version: str) -> None:
    """Write the desired default."""
    uri = f"gs://models/{artifact.directory_of_version('iris', version)}"
    store.put("state", artifact.default_name("iris"), Default("iris", version, uri).to_json())


def _write(store: FakeObjectStore, folder: str, source: Source, schema: Schema | None) -> None:
    metadata = {}
    if schema is not None:
        version = artifact.version_name(source)
        card = Card("iris", version, source, schema, {}, {}, Golden([], []), {}, {}, "code")
        data = card.to_json()
        metadata = {
            artifact.CARD_METADATA: card.file_name,
            artifact.CARD_SHA256_METADATA: sha256(data),
        }
        store.put("models", folder + card.file_name, data)
    store.put("models", folder + artifact.MODEL_FILE, b"model", **metadata)
