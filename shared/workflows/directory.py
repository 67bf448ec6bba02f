"""Reads what a model directory says of itself: its card, and the configuration it was made by."""

from __future__ import annotations

import json
from collections.abc import Mapping

from shared.core import artifact
from shared.core.card import Card
from shared.core.configuration import ModelConfiguration
from shared.core.errors import ArtifactRefused, DatasetRejected, ObjectNotFound
from shared.core.ports import ObjectStore


def card_named(
    store: ObjectStore, bucket: str, directory: str, named: Mapping[str, str]
) -> Card | None:
    """The card that the metadata of a model.joblib names, verified; None for a hand-made one.

    Raises ArtifactRefused.
    """
    name = named.get(artifact.CARD_METADATA)
    digest = named.get(artifact.CARD_SHA256_METADATA)
    if name is None and digest is None:
        return None
    if name is None or digest is None or "/" in name:
        raise ArtifactRefused("model.joblib names its card by half")
    try:
        data, _ = store.read(bucket, directory + name)
    except ObjectNotFound:
        raise ArtifactRefused(f"the card {name} that model.joblib names is gone") from None
    return Card.from_json(data, digest)


def card_at(store: ObjectStore, bucket: str, deployment_uri: str) -> Card | None:
    """The card of the version that lies there; None where it has none that can be read here."""
    place, path = artifact.split_uri(deployment_uri.rstrip("/") + "/")
    if place != bucket or not path.startswith(artifact.MODELS_PREFIX):
        return None  # a person's own directory, where this account may have no rights
    try:
        named = store.stat(bucket, path + artifact.MODEL_FILE).metadata
        return card_named(store, bucket, path, named)
    except (ObjectNotFound, ArtifactRefused):
        return None  # the platform has its own copy


def configuration(store: ObjectStore, bucket: str, directory: str) -> ModelConfiguration:
    """The model.toml that was frozen with the drop; the defaults where there is none."""
    try:
        data, _ = store.read(bucket, directory + artifact.INPUTS_FILE)
        return ModelConfiguration.from_toml(str(json.loads(data).get("toml") or "").encode())
    except (ObjectNotFound, DatasetRejected):
        return ModelConfiguration()
