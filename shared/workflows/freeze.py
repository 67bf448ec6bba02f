"""Finds what a training depends on besides the CSV, and freezes it in `inputs.json`."""

from __future__ import annotations

from shared.core import artifact
from shared.core.card import Card
from shared.core.configuration import MAX_BYTES, ModelConfiguration
from shared.core.creation import create
from shared.core.errors import (
    ArtifactRefused,
    DatasetRejected,
    Finding,
    ObjectNotFound,
)
from shared.core.event import ObjectFinalized
from shared.core.ports import ObjectMeta, ObjectStore
from shared.core.schema import Schema
from shared.core.settings import Settings
from shared.core.source import Source
from shared.core.trigger import RETRAIN_OF_METADATA
from shared.training.inputs import METADATA, File, Inputs, Reference
from shared.training.lineage import code_digest
from shared.workflows.accepted import accepted
from shared.workflows.promotion import read_default

Champion = tuple[Reference, Schema]


def frozen_inputs(
    event: ObjectFinalized,
    model: str,
    settings: Settings,
    store: ObjectStore,
    *,
    first: bool,
) -> Inputs:
    """The inputs of the first attempt, which are these if this is the first.

    first: whether there is no reason to believe that an earlier one froze them. Raises
    DatasetRejected for a model.toml that cannot be read.
    """
    name = artifact.directory(model, event.source) + artifact.INPUTS_FILE
    if not first and (earlier := _stored(store, settings.models_bucket, name)):
        return earlier
    inputs = _look(event, model, settings, store)
    if create(store, settings.models_bucket, name, inputs.to_json()):
        return inputs
    return Inputs.from_json(store.read(settings.models_bucket, name)[0])


def _stored(store: ObjectStore, bucket: str, name: str) -> Inputs | None:
    try:
        return Inputs.from_json(store.read(bucket, name)[0])
    except ObjectNotFound:
        return None


def _look(event: ObjectFinalized, model: str, settings: Settings, store: ObjectStore) -> Inputs:
    toml, generation = _toml(store, settings.data_bucket, model)
    configuration = ModelConfiguration.from_toml(toml.encode())
    champion = _champion(store, settings, model)
    files: tuple[File, ...] = (File(event.source, event.size),)
    left_out: tuple[str, ...] = ()
    if configuration.files != 1:
        copied = event.metadata.get(RETRAIN_OF_METADATA, "")
        files, left_out = accepted(store, settings, model, files[0], copied, configuration.files)
    return Inputs(
        model=model,
        source=event.source,
        files=files,
        left_out=left_out,
        target_names=settings.target_names,
        code_digest=code_digest(),
        metadata={key: event.metadata[key] for key in METADATA if key in event.metadata},
        toml=toml,
        toml_generation=generation,
        champion=champion[0] if champion else None,
        schema=champion[1] if champion else None,
    )


def _toml(store: ObjectStore, bucket: str, model: str) -> tuple[str, int | None]:
    """The text of model.toml and its generation; "" and None without one."""
    name = artifact.configuration_name(model)
    try:
        meta = store.stat(bucket, name)
        if meta.size > MAX_BYTES:
            raise _unusable(f"is larger than {MAX_BYTES:,} bytes")
        data, meta = store.read(bucket, name)
    except ObjectNotFound:
        return "", None
    try:
        return data.decode("utf-8-sig"), meta.generation
    except UnicodeDecodeError as error:
        raise _unusable(f"is not UTF-8 at byte {error.start}; save it as UTF-8") from None


def _unusable(why: str) -> DatasetRejected:
    return DatasetRejected(Finding("bad_configuration", f"model.toml: {why}."))


def _champion(store: ObjectStore, settings: Settings, model: str) -> Champion | None:
    """The version that is the default, if `retrain` made it: where it is, and what it takes."""
    default, _ = read_default(store, settings.state_bucket, model)
    if default is None:
        return None
    try:
        bucket, directory = artifact.split_uri(default.deployment_uri)
    except ValueError:
        return None
    if bucket != settings.models_bucket or not directory.startswith(artifact.MODELS_PREFIX):
        return None  # a person's own, which this account may not read
    try:
        directory = f"{directory.rstrip('/')}/"
        meta = store.stat(bucket, directory + artifact.MODEL_FILE)
        return _reference(store, default.version, directory, meta)
    except (ObjectNotFound, ArtifactRefused):
        return None


def _reference(
    store: ObjectStore, version: str, directory: str, meta: ObjectMeta
) -> Champion | None:
    name = meta.metadata.get(artifact.CARD_METADATA)
    digest = meta.metadata.get(artifact.CARD_SHA256_METADATA, "")
    if name is None or name != artifact.card_name(digest):
        return None  # made by hand
    card = Card.from_json(store.read(meta.bucket, directory + name)[0], digest)
    return Reference(version, directory, name, digest, meta.generation), card.schema


def uri_of(source: Source, model: str, settings: Settings) -> str:
    """Where the inputs of a source lie: what a training job is given."""
    name = artifact.directory(model, source) + artifact.INPUTS_FILE
    return f"gs://{settings.models_bucket}/{name}"
