"""Resolve what a prediction needs: a model's default version, where one lies, its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from shared.core.artifact import (
    CARD_METADATA,
    CARD_SHA256_METADATA,
    MODEL_FILE,
    MODELS_PREFIX,
    default_name,
    split_uri,
)
from shared.core.cache import Bounded, Flights
from shared.core.card import Card
from shared.core.default import Default
from shared.core.errors import ArtifactRefused, ModelNotFound, ObjectNotFound
from shared.core.ports import Fetched, ObjectReader, Predictor

MODELS_KEPT = 1024
PLACES_KEPT = 1024
CARDS_KEPT = 256
EXAMPLES = 3
"""Synthetic instances that are kept of a card."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one read found. default: None where there was none."""

    started: float
    generation: int | None
    default: Default | None


class Defaults:
    """The default of each model, never older than `max_age` seconds when a request arrives.

    Age counts from the start of the read. Read again on the request path only: between requests
    Cloud Run gives no CPU.
    """

    def __init__(
        self, reader: ObjectReader, bucket: str, max_age: float, clock: Callable[[], float]
    ) -> None:
        self._reader = reader
        self._bucket = bucket
        self._max_age = max_age
        self._clock = clock
        self._seen: Bounded[str, _Seen] = Bounded(MODELS_KEPT)
        self._flights: Flights[str, _Seen] = Flights(clock)

    async def get(self, model: str) -> Default:
        """The default. Raises ModelNotFound where the model has none."""
        oldest = self._clock() - self._max_age
        seen = self._seen.get(model)
        if seen is None or seen.started < oldest:
            seen = await self._read_since(model, oldest)
        return _live(model, seen)

    async def fresh(self, model: str) -> Default:
        """The default as read from now on."""
        return _live(model, await self._read_since(model, self._clock()))

    async def _read_since(self, model: str, oldest: float) -> _Seen:
        return await self._flights.share(
            model, lambda started: self._read(model, started), since=oldest
        )

    async def _read(self, model: str, started: float) -> _Seen:
        seen = await self._look(model, started)
        last = self._seen.get(model)
        if last is None or last.started <= started:
            self._seen[model] = seen
        return seen

    async def _look(self, model: str, started: float) -> _Seen:
        last = self._seen.get(model)
        generation = last.generation if last else None
        try:
            fetched = await self._reader.fetch(
                self._bucket, default_name(model), if_generation_not_match=generation
            )
        except ObjectNotFound:
            return _Seen(started, None, None)
        if fetched.data is None:
            return _Seen(started, generation, last.default if last else None)
        return _Seen(started, fetched.generation, Default.from_json(fetched.data))


def _live(model: str, seen: _Seen) -> Default:
    if seen.default is None:
        raise ModelNotFound(f"no version of a model {model!r} is live")
    return seen.default


class Places:
    """Where versions named in the path lie, as the platform said at most `max_age` seconds ago."""

    def __init__(self, predictor: Predictor, max_age: float, clock: Callable[[], float]) -> None:
        self._predictor = predictor
        self._max_age = max_age
        self._clock = clock
        self._seen: Bounded[tuple[str, str], tuple[float, str]] = Bounded(PLACES_KEPT)
        self._flights: Flights[tuple[str, str], str] = Flights(clock)

    async def get(self, model: str, version: str) -> str:
        """The version's deployment_uri. Raises ModelNotFound, VersionNotFound."""
        key, oldest = (model, version), self._clock() - self._max_age
        started, uri = self._seen.get(key, (float("-inf"), ""))
        if started >= oldest:
            return uri
        return await self._flights.share(key, lambda now: self._ask(key, now), since=oldest)

    async def _ask(self, key: tuple[str, str], started: float) -> str:
        uri = await self._predictor.deployment_uri(*key)
        self._seen[key] = (started, uri)
        return uri


class Cards:
    """The card in each version's directory, which never changes once written, without its files
    and what only its report shows."""

    def __init__(self, reader: ObjectReader, bucket: str, clock: Callable[[], float]) -> None:
        self._reader = reader
        self._bucket = bucket
        self._known: Bounded[str, Card | None] = Bounded(CARDS_KEPT)
        self._flights: Flights[str, Card | None] = Flights(clock)

    async def get(self, deployment_uri: str) -> Card | None:
        """The card, or None for a version without a card. Raises ArtifactRefused."""
        try:
            return self._known[deployment_uri]
        except KeyError:
            return await self._flights.share(deployment_uri, lambda _: self._read(deployment_uri))

    async def _read(self, uri: str) -> Card | None:
        bucket, path = split_uri(uri.rstrip("/") + "/")
        if bucket != self._bucket or not path.startswith(MODELS_PREFIX):
            return None  # a person's directory, where this account has no rights
        try:
            model = await self._reader.metadata(bucket, path + MODEL_FILE)
        except ObjectNotFound:
            return None  # the platform has its own copy; not remembered, it may come back
        self._known[uri] = card = await self._from_model(bucket, path, model)
        return card

    async def _from_model(self, bucket: str, path: str, model: Fetched) -> Card | None:
        name = model.metadata.get(CARD_METADATA)
        if name is None:
            return None
        digest = model.metadata.get(CARD_SHA256_METADATA)
        if digest is None or "/" in name:
            raise ArtifactRefused(f"gs://{bucket}/{path}{MODEL_FILE} does not name its card well")
        try:
            fetched = await self._reader.fetch(bucket, path + name)
        except ObjectNotFound:
            raise ArtifactRefused(f"gs://{bucket}/{path}{name}, the card, is missing") from None
        return _slim(Card.from_json(fetched.data or b"", digest))


def _slim(card: Card) -> Card:
    instances, predictions = card.golden.instances[:EXAMPLES], card.golden.predictions[:EXAMPLES]
    golden = replace(card.golden, instances=instances, predictions=predictions)
    facts = {"strict": card.strict}
    return replace(card, golden=golden, facts=facts, files={}, libraries={}, warnings=[])
