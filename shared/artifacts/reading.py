"""Reading a model directory: the card, the digest, then the model through the allow-list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.artifacts.loading import MAX_BYTES, load
from shared.core import artifact
from shared.core.card import Card, sha256
from shared.core.errors import ArtifactRefused, ObjectNotFound
from shared.core.ports import ObjectMeta, ObjectStore

PICKLE_FILE = "model.pkl"
"""The other name that AI Platform's scikit-learn server took."""

MAX_CARD_BYTES = 5_000_000


@dataclass(frozen=True)
class ModelDirectory:
    """A directory that was read: the estimator, its file's metadata, its card if it has one."""

    estimator: Any
    meta: ObjectMeta
    card: Card | None

    @property
    def source(self) -> artifact.Source:
        """What the version comes from: the card's source, else the model file itself."""
        if self.card:
            return self.card.source
        return artifact.Source(
            self.meta.bucket, self.meta.name, self.meta.generation, self.meta.time_created
        )


def read_directory(
    store: ObjectStore,
    deployment_uri: str,
    generation: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> ModelDirectory:
    """The model below a `gs://bucket/directory`, of that generation of its file where one is given.

    Raises ArtifactRefused, ObjectNotFound, NewerFormat, StorageUnavailable.
    """
    bucket, directory = _place(deployment_uri)
    meta = _model_file(store, bucket, directory, generation)
    if meta.size > max_bytes:
        raise ArtifactRefused(f"{_uri(meta)} is larger than {max_bytes:,} bytes")
    card = _card(store, directory, meta)
    data, meta = store.read(bucket, meta.name, meta.generation)
    if card:
        _check_digest(card, meta, data)
    return ModelDirectory(load(data, max_bytes), meta, card)


def _place(deployment_uri: str) -> tuple[str, str]:
    try:
        bucket, directory = artifact.split_uri(deployment_uri)
    except ValueError as error:
        raise ArtifactRefused(str(error)) from None
    return bucket, directory if not directory or directory.endswith("/") else f"{directory}/"


def _model_file(
    store: ObjectStore, bucket: str, directory: str, generation: int | None
) -> ObjectMeta:
    joblib = _stat(store, bucket, f"{directory}{artifact.MODEL_FILE}")
    if joblib and artifact.CARD_METADATA in joblib.metadata:
        return _pinned(joblib, generation)
    pickled = _stat(store, bucket, f"{directory}{PICKLE_FILE}")
    if joblib and pickled:
        raise ArtifactRefused(f"Multiple model files are found in gs://{bucket}/{directory}")
    found = joblib or pickled
    if not found:
        raise ArtifactRefused(
            f"gs://{bucket}/{directory} holds neither {artifact.MODEL_FILE} nor {PICKLE_FILE}"
        )
    return _pinned(found, generation)


def _pinned(meta: ObjectMeta, generation: int | None) -> ObjectMeta:
    if generation not in (None, meta.generation):
        raise ArtifactRefused(
            f"{_uri(meta)} was overwritten after the version was created from generation "
            f"{generation}: create a new version"
        )
    return meta


def _stat(store: ObjectStore, bucket: str, name: str) -> ObjectMeta | None:
    try:
        return store.stat(bucket, name)
    except ObjectNotFound:
        return None


def _card(store: ObjectStore, directory: str, meta: ObjectMeta) -> Card | None:
    name = meta.metadata.get(artifact.CARD_METADATA)
    if name is None:
        return None
    digest = meta.metadata.get(artifact.CARD_SHA256_METADATA, "")
    if name != artifact.card_name(digest):
        raise ArtifactRefused(f"{_uri(meta)} names the card {name!r}, which its digest is not of")
    try:
        card_meta = store.stat(meta.bucket, directory + name)
        if card_meta.size > MAX_CARD_BYTES:
            raise ArtifactRefused(f"the card {name} is larger than {MAX_CARD_BYTES:,} bytes")
        data, _ = store.read(meta.bucket, directory + name, card_meta.generation)
    except ObjectNotFound as error:
        raise ArtifactRefused(f"{_uri(meta)} names the card {name}, which is missing") from error
    return Card.from_json(data, digest)


def _check_digest(card: Card, meta: ObjectMeta, data: bytes) -> None:
    expected = card.files.get(meta.name.rpartition("/")[2], {}).get("sha256")
    if expected != sha256(data):
        raise ArtifactRefused(f"{_uri(meta)} is not the file that its card describes")


def _uri(meta: ObjectMeta) -> str:
    return f"gs://{meta.bucket}/{meta.name}"
