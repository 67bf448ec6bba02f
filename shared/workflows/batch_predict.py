"""A CSV came to predict for: freeze the version, ask it some rows at a time, write the answers.

The source names everything that is written, and all of it is only created: whatever delivery
does, one source gets one result, all of it by one version. The outcome is written last.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from shared.batch import table
from shared.batch.instance import Piece, Reading
from shared.batch.result import Result
from shared.core import artifact
from shared.core.card import Card
from shared.core.creation import create
from shared.core.errors import (
    DatasetRejected,
    Finding,
    ObjectNotFound,
    PermanentError,
    PreconditionFailed,
)
from shared.core.event import ObjectFinalized
from shared.core.lease import FUNCTION, JOB, Place
from shared.core.outcome import DONE_BEFORE, HANDED_OVER, IGNORED, Outcome
from shared.core.ports import Clock, ObjectStore, TrainingJobs
from shared.core.prediction import Prediction
from shared.core.settings import Settings
from shared.core.source import Source
from shared.core.trigger import ID_METADATA, VERSION_METADATA, BatchDrop, NotOurs, parse_batch_name
from shared.workflows.asking import Asking, Online
from shared.workflows.attempt import Attempt, GivenToJob
from shared.workflows.directory import card_at
from shared.workflows.promotion import read_default

AT_ONCE = 4
"""Requests under way."""

SECONDS_TO_BEGIN = 900.0
"""How long a job may take to begin before a redelivery starts it again."""


@dataclass(frozen=True)
class Frozen:
    """What a result depends on besides the CSV."""

    version: str
    deployment_uri: str


def batch_predict(
    event: ObjectFinalized,
    settings: Settings,
    store: ObjectStore,
    jobs: TrainingJobs,
    clock: Clock,
    online: Online,
) -> Outcome:
    """Predict for one generation of one object, have a job do so, or say why not.

    Raises RetryableError where the event should come again.
    """
    source = event.source
    if source.bucket != settings.data_bucket:
        return Outcome(IGNORED, facts={"reason": "another bucket"})
    if event.size == 0:
        return Outcome(IGNORED, facts={"reason": "an empty object"})
    found = parse_batch_name(source)
    if isinstance(found, NotOurs):
        return Outcome(IGNORED, facts={"reason": found.reason})
    batch = Batch(event, found, settings, store)
    if batch.is_done():
        return Outcome(DONE_BEFORE, found.model, source.stamp)
    return batch.told(lambda: batch.place(jobs, clock) or batch.run(online))


class Batch:
    """One delivery of one CSV, in the function or in a job."""

    def __init__(
        self, event: ObjectFinalized, drop: BatchDrop, settings: Settings, store: ObjectStore
    ) -> None:
        self._source: Source = event.source
        self._size = event.size
        self._identity = event.metadata.get(ID_METADATA, "")
        self._wanted = event.metadata.get(VERSION_METADATA, "")
        self._drop, self._settings, self._store = drop, settings, store
        self._bucket = settings.state_bucket
        self._rows = self._refused = self._warned = 0

    def is_done(self) -> bool:
        """Whether an earlier delivery wrote the outcome."""
        try:
            self._store.stat(self._bucket, self._drop.outcome)
        except ObjectNotFound:
            return False
        return True

    def place(self, jobs: TrainingJobs, clock: Clock) -> Outcome | None:
        """Have a job predict for what is more than the function takes; None for what is not.

        Raises DatasetRejected where it is more than a job takes, AttemptInProgress.
        """
        most = self._settings.max_batch_bytes
        if self._size <= most:
            return None
        if self._size > jobs.max_bytes:
            raise DatasetRejected(_too_large(max(most, jobs.max_bytes)))
        try:
            with self.attempt(clock, beyond=True) as attempt:
                self._frozen()
                execution = jobs.start(f"gs://{self._bucket}/{self._drop.request}")
                attempt.hand_over(SECONDS_TO_BEGIN)
        except GivenToJob as given:
            earlier = {"earlier": given.code}
            return Outcome(DONE_BEFORE, self._drop.model, self._source.stamp, earlier)
        facts = {"place": JOB, "execution": execution}
        return Outcome(HANDED_OVER, self._drop.model, self._source.stamp, facts)

    def attempt(self, clock: Clock, place: Place = FUNCTION, *, beyond: bool = False) -> Attempt:
        """A counted attempt at one that is a job's."""
        settings = self._settings
        return Attempt(
            self._store,
            self._bucket,
            self._drop.lease,
            clock,
            lease_seconds=settings.lease_seconds,
            max_attempts=settings.max_attempts,
            place=place,
            beyond=beyond,
        )

    def told(self, work: Callable[[], Outcome]) -> Outcome:
        """Do it; what will not go better another time is the outcome."""
        try:
            return work()
        except DatasetRejected as rejected:
            findings = [finding.as_dict() for finding in rejected.findings]
            return self._end("refused", code=rejected.code, findings=findings)
        except ObjectNotFound:
            return self._end("superseded", reason="it was overwritten or deleted")
        except PermanentError as error:
            finding = Finding(error.code, str(error))
            return self._end("refused", code=error.code, findings=[finding.as_dict()])

    def run(self, online: Online) -> Outcome:
        """From the frozen version to the outcome. Raises what `told` knows."""
        frozen = self._frozen()
        self._predict(frozen, online)
        counts = {"rows": self._rows, "refused": self._refused, "odd": self._warned}
        place = f"gs://{self._bucket}/{self._drop.result}"
        return self._end("predicted", version=frozen.version, counts=counts, result=place)

    def _frozen(self) -> Frozen:
        """The version, as the first attempt found it. Raises DatasetRejected."""
        try:
            return self._read_frozen()
        except ObjectNotFound:
            pass
        found = self._version()
        body = {"format": artifact.FORMAT, "source": self._source.as_dict(), **vars(found)}
        if self._create(self._drop.request, body):
            return found
        return self._read_frozen()  # another delivery was first

    def _read_frozen(self) -> Frozen:
        body = json.loads(self._store.read(self._bucket, self._drop.request)[0])
        return Frozen(body["version"], body["deployment_uri"])

    def _version(self) -> Frozen:
        model = self._drop.model
        default, _ = read_default(self._store, self._bucket, model)
        if default is None:
            told = f"no version of a model {model!r} is live. Drop its training data first."
            raise DatasetRejected(Finding("no_model", told))
        if not self._wanted or self._wanted == default.version:
            return Frozen(default.version, default.deployment_uri)
        directory = artifact.directory_of_version(model, self._wanted)
        if directory is None:
            told = f"{self._wanted[:80]!r} is no version that has a card."
            raise DatasetRejected(Finding("no_version", told))
        return Frozen(self._wanted, f"gs://{self._settings.models_bucket}/{directory}")

    def _predict(self, frozen: Frozen, online: Online) -> None:
        """Write the result. One that stands there already is the same."""
        card = card_at(self._store, self._settings.models_bucket, frozen.deployment_uri)
        if card is None:
            told = f"version {frozen.version} has no card, so its columns are not known."
            raise DatasetRejected(Finding("no_card", told))
        source = self._source
        with (
            self._store.open(source.bucket, source.name, source.generation) as stream,
            asyncio.Runner() as runner,
        ):
            self._rows = self._refused = self._warned = 0
            asking = Asking(runner, online, self._settings, self._drop.model, frozen.version, card)
            pieces = self._pieces(table.opened(stream), asking, frozen, card)
            try:
                self._write(pieces)
            finally:
                asking.close()

    def _write(self, pieces: Iterator[bytes]) -> None:
        try:
            self._store.write_stream(
                self._bucket,
                self._drop.result,
                pieces,
                if_generation_match=0,
                content_type="text/csv",
            )
        except PreconditionFailed:
            for _ in pieces:  # what stands there is the same; only the counts are still wanted
                pass

    def _pieces(
        self, found: table.Table, asking: Asking, frozen: Frozen, card: Card
    ) -> Iterator[bytes]:
        """The result, in its order, with some requests under way."""
        reading = Reading(found, card.schema, self._identity)
        classes = (card.schema.classes or ()) if asking.shares else ()
        result = Result(frozen.version, self._identity, classes)
        waiting: deque[tuple[Piece, asyncio.Task[Prediction | None]]] = deque()
        yield result.head()
        for piece in reading.pieces():
            waiting.append((piece, asking.begin(piece.instances)))
            if len(waiting) == AT_ONCE:
                yield self._finished(result, *waiting.popleft(), asking)
        while waiting:
            yield self._finished(result, *waiting.popleft(), asking)

    def _finished(
        self,
        result: Result,
        piece: Piece,
        task: asyncio.Task[Prediction | None],
        asking: Asking,
    ) -> bytes:
        prediction = asking.end(task)
        answers = piece.answers(prediction.predictions if prediction else [])
        self._rows += len(answers)
        self._refused += sum(bool(answer.error) for answer in answers)
        self._warned += prediction.warned if prediction else 0
        return result.lines(answers)

    def _end(self, step: str, **facts: Any) -> Outcome:
        body = {"format": artifact.FORMAT, "state": step, "source": self._source.as_dict(), **facts}
        if self._create(self._drop.outcome, body):
            return Outcome(step, self._drop.model, self._source.stamp, facts)
        return Outcome(DONE_BEFORE, self._drop.model, self._source.stamp)

    def _create(self, name: str, body: dict[str, Any]) -> bool:
        data = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
        return create(self._store, self._bucket, name, data)


def _too_large(most: int) -> Finding:
    return Finding("too_large", f"the file has more than {most:,} bytes. Split it.")
