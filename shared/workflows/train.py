"""Trains one drop by its frozen inputs: what the function and the training job both do."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from shared.artifacts.writing import read_card, write_directory
from shared.core import artifact
from shared.core.card import Card
from shared.core.errors import ObjectNotFound
from shared.core.lease import FUNCTION, JOB, Place
from shared.core.outcome import DONE_BEFORE, IGNORED, Outcome
from shared.core.ports import Clock, ObjectStore
from shared.core.settings import Settings
from shared.core.source import Source
from shared.core.trigger import RETRAIN_OF_METADATA
from shared.training.inputs import Inputs
from shared.training.rival import loader
from shared.training.trainer import Trained
from shared.training.trainer import train as fit
from shared.workflows.accepted import readable
from shared.workflows.attempt import Sleep, in_turn
from shared.workflows.ending import SUPERSEDED, Drop
from shared.workflows.placement import Shape, too_large

LONG_TRAINING_ROWS = 2_000
"""From here on a training in the function takes long enough to be told while it runs."""
_BUFFER = 1 << 20
Trainer = Callable[..., Trained]
"""Takes what `shared.training.trainer.train` takes; a simulation has one that is quicker."""


class OutgrowsFunction(Exception):
    """Only once it was read did the drop prove to be more than the function can hold."""


def train(
    inputs_uri: str,
    settings: Settings,
    store: ObjectStore,
    clock: Clock,
    sleep: Sleep = time.sleep,
    trainer: Trainer = fit,
) -> Outcome:
    """What a training job does. Raises RetryableError where it should be started again."""
    bucket, name = artifact.split_uri(inputs_uri)
    try:
        inputs = Inputs.from_json(store.read(bucket, name)[0])
    except ObjectNotFound:
        return Outcome(IGNORED, facts={"reason": "the drop was forgotten"})
    drop = Drop(inputs.source, inputs.model, origin(inputs), settings, store, clock)
    return drop.done_before() or drop.settled(lambda: _in_turn(drop, inputs, sleep, trainer))


def origin(inputs: Inputs) -> dict[str, Any]:
    """What every last word of a drop tells of where it came from."""
    copied = inputs.metadata.get(RETRAIN_OF_METADATA)
    return {"size": inputs.files[-1].size, **({RETRAIN_OF_METADATA: copied} if copied else {})}


def _in_turn(drop: Drop, inputs: Inputs, sleep: Sleep, trainer: Trainer) -> Outcome:
    """Wait until a dead attempt's lease has lapsed; leave a living one alone."""
    done = in_turn(
        lambda: drop.attempt(place=JOB),
        lambda attempt: Training(drop, inputs, attempt.number, JOB, trainer=trainer).run(),
        drop.settings.lease_seconds,
        sleep,
    )
    earlier = {"earlier": "another attempt is at work"}
    return done or drop.done_before() or Outcome(DONE_BEFORE, drop.model, drop.story.drop, earlier)


class Training:
    """One attempt at one drop, in the function or in a job."""

    def __init__(
        self,
        drop: Drop,
        inputs: Inputs,
        attempt: int,
        place: Place,
        most: int | None = None,
        trainer: Trainer = fit,
    ) -> None:
        self._trainer = trainer
        self._drop, self._inputs, self._attempt, self._place = drop, inputs, attempt, place
        settings = drop.settings
        here = settings.max_csv_bytes if place == FUNCTION else settings.max_job_csv_bytes
        self._most = here
        self._job_bytes = most or 0
        self._told = 0

    def run(self) -> Outcome:
        """Read, fit, judge, write, tell. Raises what `Drop.settled` knows, OutgrowsFunction."""
        trained = self._fitted()
        if trained is None:
            return self._drop.end("superseded", reason=SUPERSEDED)
        with self._drop.watch("write"):
            card = self._write(trained)
        return self._drop.trained(card)

    def _fitted(self) -> Trained | None:
        """None where the drop's own file is gone; an older one that goes is left out."""
        store, inputs = self._drop.store, self._inputs
        load = loader(store, self._drop.settings.models_bucket)
        while True:
            try:
                return self._trainer(inputs, self._open, load, self._drop.watch, self._progress)
            except ObjectNotFound:
                left = readable(store, inputs)
            if left is None:
                return None
            inputs = left

    def _open(self, source: Source) -> BinaryIO:
        stream = self._drop.store.open(source.bucket, source.name, source.generation)
        bounded = _Bounded(stream, self._most, self._too_large)
        return cast("BinaryIO", io.BufferedReader(bounded, _BUFFER))

    def _too_large(self) -> Exception:
        if self._place == FUNCTION and self._job_bytes > self._most:
            return OutgrowsFunction()
        return too_large(self._most)

    def _progress(self, stage: str, **facts: Any) -> None:
        """Tell how far it is. In the function only what takes long, and once."""
        rows, columns = facts.get("rows", 0), facts.get("features", 0)
        if self._place == FUNCTION:
            if self._job_bytes and not Shape(rows, columns).fits(self._drop.settings):
                raise OutgrowsFunction
            if rows and (rows >= LONG_TRAINING_ROWS or self._attempt > 1):
                self._drop.story.tell("training", attempt=self._attempt, **facts)
            return
        self._told += 1
        part = f"{self._attempt}_{self._told:02d}"
        told = {"attempt": self._attempt, "place": self._place, "stage": stage, **facts}
        self._drop.story.tell("training", part, **told)

    def _write(self, trained: Trained) -> Card:
        """The card of the model that stands in the end: ours, or a faster attempt's."""
        store, bucket = self._drop.store, self._drop.settings.models_bucket
        directory = self._drop.directory
        if write_directory(store, bucket, directory, trained.card, trained.files):
            return trained.card
        return read_card(store, bucket, directory)


class _Bounded(io.RawIOBase):
    """A stream that ends in an error beyond a limit: one stored as gzip unpacks on its way here."""

    def __init__(self, stream: BinaryIO, most: int, error: Callable[[], Exception]) -> None:
        super().__init__()
        self._stream, self._left, self._error = stream, most, error

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill some of the buffer. Raises the error that was asked for beyond the limit."""
        count = self._stream.readinto(buffer)  # type: ignore[attr-defined]
        self._left -= count
        if self._left < 0:
            raise self._error()
        return int(count)

    def close(self) -> None:
        """Close the stream below."""
        self._stream.close()
        super().close()
