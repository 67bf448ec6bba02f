"""Whether a version that is ready waits for a person before it becomes the default."""

from __future__ import annotations

from shared.core.card import Card
from shared.core.compatibility import breaks
from shared.core.default import Default
from shared.core.ports import ObjectStore
from shared.workflows.directory import card_at, configuration

BY_HAND = 'waits for a person, because model.toml says release = "manual"'


def held(
    store: ObjectStore, bucket: str, live: Default, candidate: Card, directory: str
) -> list[str]:
    """Why the candidate must wait, a sentence each; [] where it need not.

    The first version of a model is never held: there is nobody to break yet. bucket: MODELS;
    directory: the candidate's.
    """
    by_hand = configuration(store, bucket, directory).release == "manual"
    card = card_at(store, bucket, live.deployment_uri)
    return [
        *([BY_HAND] if by_hand else []),
        *(breaks(card.schema, candidate.schema) if card else []),
    ]
