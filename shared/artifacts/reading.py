"""Reading a model directory: the card, then each file held to the digest that the card tells.

Nothing is loaded here: whoever loads gets bytes that are what the card says.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core import artifact
from shared.core.card import Card, sha256
from shared.core.errors import ArtifactRefused, ObjectNotFound
from shared.core.ports import ObjectMeta, ObjectStore
from shared.core.source import Source

PICKLE_FILE = "model.pkl"
"""The other name that AI Platform's scikit-learn server took."""

MAX_BYTES = 500_000_000
"""Largest model, packed and unpacked: the limit that AI Platform had for a model directory."""

MAX_CARD_BYTES = 5_000_000


@dataclass(frozen=True)
class Pin:
    """What a version was proven with. generation: of the model file; card: its card's sha256, ""
    where it has none, None where that was not written down."""

    generation: int
    card: str | None = None


@dataclass(frozen=True)
class ModelDirectory:
    """A directory whose model file and card were found. meta: of the model file."""

    store: ObjectStore
    meta: ObjectMeta
    card: Card | None
    max_bytes: int = MAX_BYTES

    @property
    def source(self) -> Source:
        """What the version comes from: the card's source, else the model file itself."""
        return self.card.source if self.card else self.meta.source

    @property
    def pin(self) -> Pin:
        """What holds a later reader to this very directory."""
        return Pin(self.meta.generation, _card_digest(self.meta))

    @property
    def portable(self) -> str | None:
        """The file name of the ONNX copy, where the card says that it answers as the model does."""
        card = self.card
        if card is None or not (card.facts.get("portable") or {}).get("written"):
            return None
        for name, facts in card.files.items():
            if name == artifact.portable_name(str(facts.get("sha256"))):
                return name
        raise ArtifactRefused(f"{self._uri} has a card that tells of a copy and does not name it")

    def model(self) -> bytes:
        """The model file, of the generation that was found, as the card describes it."""
        data, _ = self.store.read(self.meta.bucket, self.meta.name, self.meta.generation)
        return self._checked(self.meta.name.rpartition("/")[2], data)

    def file(self, name: str) -> bytes:
        """A file beside the model, as the card describes it."""
        path = self.meta.name.rpartition("/")[0] + "/" + name
        try:
            size = self.store.stat(self.meta.bucket, path).size
            self._bounded(name, size)
            data, _ = self.store.read(self.meta.bucket, path)
        except ObjectNotFound as error:
            raise ArtifactRefused(f"the card of {self._uri} names {name}, which is gone") from error
        return self._checked(name, data)

    def check(self) -> None:
        """Hold every file that the card names, but the one to load, to its digest."""
        own = self.meta.name.rpartition("/")[2]
        loaded = self.portable or own
        for name in self.card.files if self.card else ():
            if name != loaded:
                _ = self.model() if name == own else self.file(name)

    @property
    def _uri(self) -> str:
        return _uri(self.meta)

    def _bounded(self, name: str, size: int) -> None:
        if size > self.max_bytes:
            raise ArtifactRefused(f"{name} of {self._uri} is larger than {self.max_bytes:,} bytes")

    def _checked(self, name: str, data: bytes) -> bytes:
        if self.card and self.card.files.get(name, {}).get("sha256") != sha256(data):
            place = self.meta.name.rpartition("/")[0]
            raise ArtifactRefused(
                f"gs://{self.meta.bucket}/{place}/{name} is not the file that its card describes"
            )
        return data


def open_directory(
    store: ObjectStore,
    deployment_uri: str,
    pin: Pin | None = None,
    max_bytes: int = MAX_BYTES,
) -> ModelDirectory:
    """The directory `gs://bucket/directory`, as it was when it was proven where a pin is given.

    Raises ArtifactRefused, NewerFormat, StorageUnavailable.
    """
    bucket, directory = _place(deployment_uri)
    meta = _model_file(store, bucket, directory)
    if pin:
        _check_pin(pin, meta)
    if meta.size > max_bytes:
        raise ArtifactRefused(f"{_uri(meta)} is larger than {max_bytes:,} bytes")
    return ModelDirectory(store, meta, _card(store, directory, meta), max_bytes)


def _place(deployment_uri: str) -> tuple[str, str]:
    try:
        bucket, directory = artifact.split_uri(deployment_uri)
    except ValueError as error:
        raise ArtifactRefused(str(error)) from None
    return bucket, directory if not directory or directory.endswith("/") else f"{directory}/"


def _model_file(store: ObjectStore, bucket: str, directory: str) -> ObjectMeta:
    joblib = _stat(store, bucket, f"{directory}{artifact.MODEL_FILE}")
    if joblib and artifact.CARD_METADATA in joblib.metadata:
        return joblib
    pickled = _stat(store, bucket, f"{directory}{PICKLE_FILE}")
    if joblib and pickled:
        raise ArtifactRefused(f"Multiple model files are found in gs://{bucket}/{directory}")
    found = joblib or pickled
    if not found:
        raise ArtifactRefused(
            f"gs://{bucket}/{directory} holds neither {artifact.MODEL_FILE} nor {PICKLE_FILE}"
        )
    return found


def _check_pin(pin: Pin, meta: ObjectMeta) -> None:
    """Metadata can be changed under the same generation, so the card is pinned too."""
    if pin.generation != meta.generation:
        raise ArtifactRefused(
            f"{_uri(meta)} was overwritten after the version was created from generation "
            f"{pin.generation}: create a new version"
        )
    if pin.card not in (None, _card_digest(meta)):
        raise ArtifactRefused(
            f"{_uri(meta)} was given another card after the version was created: create a new "
            "version"
        )


def _card_digest(meta: ObjectMeta) -> str:
    if artifact.CARD_METADATA not in meta.metadata:
        return ""
    return meta.metadata.get(artifact.CARD_SHA256_METADATA, "")


def _stat(store: ObjectStore, bucket: str, name: str) -> ObjectMeta | None:
    try:
        return store.stat(bucket, name)
    except ObjectNotFound:
        return None


def _card(store: ObjectStore, directory: str, meta: ObjectMeta) -> Card | None:
    name = meta.metadata.get(artifact.CARD_METADATA)
    if name is None:
        return None
    digest = _card_digest(meta)
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


def _uri(meta: ObjectMeta) -> str:
    return f"gs://{meta.bucket}/{meta.name}"
