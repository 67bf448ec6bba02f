"""Writing a model directory: content-addressed files first, `model.joblib` last, nothing twice.

`model.joblib` is the commit mark and the trigger of the release: whoever creates it has made the
version, and its object metadata names the one card that belongs to it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import joblib

from shared.core.artifact import CARD_METADATA, CARD_SHA256_METADATA, MODEL_FILE
from shared.core.card import Card, sha256
from shared.core.creation import create
from shared.core.errors import ArtifactRefused
from shared.core.ports import ObjectStore


def dump(estimator: Any) -> bytes:
    """The bytes of `model.joblib`; uncompressed, because the allow-list loader takes no other."""
    stream = io.BytesIO()
    joblib.dump(estimator, stream, compress=0)
    return stream.getvalue()


def write_directory(
    store: ObjectStore, bucket: str, directory: str, card: Card, files: Mapping[str, bytes]
) -> bool:
    """Write what lies beside the model, card, model. False where another attempt's model stands.

    files: name -> content, the model's among them. A name that is taken is no error: each but the
    model's is its content, and a retried create whose first try arrived meets its own object.
    """
    kind = "application/octet-stream"
    for name in sorted(files.keys() - {MODEL_FILE}):
        create(store, bucket, directory + name, files[name], kind)
    data = card.to_json()
    create(store, bucket, directory + card.file_name, data)
    named = {CARD_METADATA: card.file_name, CARD_SHA256_METADATA: sha256(data)}
    return create(store, bucket, directory + MODEL_FILE, files[MODEL_FILE], kind, named)


def read_card(store: ObjectStore, bucket: str, directory: str) -> Card:
    """The card that the directory's `model.joblib` names.

    Raises ObjectNotFound without a model.joblib, ArtifactRefused where it is hand-made.
    """
    named = store.stat(bucket, directory + MODEL_FILE).metadata
    if CARD_METADATA not in named or CARD_SHA256_METADATA not in named:
        raise ArtifactRefused(f"gs://{bucket}/{directory}{MODEL_FILE} names no card")
    data, _ = store.read(bucket, directory + named[CARD_METADATA])
    return Card.from_json(data, named[CARD_SHA256_METADATA])
