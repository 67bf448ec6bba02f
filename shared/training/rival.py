"""The live version, loaded to be compared with: card, estimator, the rows it has seen.

Every byte is what the frozen inputs name by digest, so every attempt meets the same rival.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.artifacts.loading import load
from shared.core.artifact import MODEL_FILE
from shared.core.card import Card, sha256
from shared.core.errors import ArtifactRefused, ObjectNotFound
from shared.core.ports import ObjectStore
from shared.training.dataset import Dataset, Rows
from shared.training.fitting.catalogue import BY_NAME, Choice
from shared.training.fitting.estimator import fit
from shared.training.inputs import Reference
from shared.training.judging.champion import Champion
from shared.training.judging.seen import Seen

SEEN_PREFIX = "seen-"


@dataclass(frozen=True)
class Rival:
    """The live version; lacking: why it cannot be had, in words, else empty."""

    version: str
    card: Card | None = None
    estimator: Any = None
    seen: Seen | None = None
    lacking: str = ""

    def champion(self, dataset: Dataset, choice: Choice, among: Rows) -> Champion | None:
        """As judging meets it. choice: the challenger's, on the same rows of the dataset."""
        if self.card is None:
            return None
        theirs = choice_of(self.card)
        return Champion(
            self.version,
            self.card.schema,
            self.estimator,
            self.seen,
            class_counts=self.card.metrics.get("classes", {}),
            same_recipe=theirs == choice,
            refit=None if theirs is None else _refit(dataset, theirs, among),
        )

    @property
    def profile(self) -> dict[str, Any] | None:
        """Of the data that it was trained on."""
        return self.card.facts.get("profile") if self.card else None


LoadRival = Callable[[Reference], Rival]


def loader(store: ObjectStore, bucket: str) -> LoadRival:
    """Loads rivals from the bucket of models."""

    def load_rival(reference: Reference) -> Rival:
        try:
            return _load(store, bucket, reference)
        except (ObjectNotFound, ArtifactRefused) as error:
            return Rival(reference.version, lacking=str(error))

    return load_rival


def _load(store: ObjectStore, bucket: str, reference: Reference) -> Rival:
    data, _ = store.read(bucket, reference.directory + reference.card)
    card = Card.from_json(data, reference.card_sha256)
    model, _ = store.read(bucket, reference.directory + MODEL_FILE, reference.generation)
    _check(card, MODEL_FILE, model)
    name = next((name for name in card.files if name.startswith(SEEN_PREFIX)), None)
    seen = None
    if name is not None:
        rows, _ = store.read(bucket, reference.directory + name)
        _check(card, name, rows)
        seen = Seen.from_bytes(rows)
    return Rival(reference.version, card, load(model), seen)


def _check(card: Card, name: str, data: bytes) -> None:
    if card.files.get(name, {}).get("sha256") != sha256(data):
        raise ArtifactRefused(f"{name} of {card.version} is not the file that its card describes")


def choice_of(card: Card) -> Choice | None:
    """What the version was fitted as, or None for a card that does not say so."""
    told = card.facts.get("selection", {}).get("choice")
    if not isinstance(told, dict) or told.get("name") not in BY_NAME:
        return None
    return Choice(told["name"], told["parameters"], told["class_weight"])


def _refit(dataset: Dataset, choice: Choice, among: Rows) -> Callable[[Rows], Any]:
    return lambda rows: fit(dataset, rows, choice, among)
