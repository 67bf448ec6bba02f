"""A CSV came: freeze what its training depends on, and train here or have a job train.

Whatever delivery does, one source makes one version: reads pin its generation, names come from
it, writes only create. So each step may run again, and `received` says whether one may have.
"""

from __future__ import annotations

from shared.core.errors import DatasetRejected, ObjectNotFound
from shared.core.event import ObjectFinalized
from shared.core.lease import FUNCTION, JOB, Place
from shared.core.outcome import HANDED_OVER, IGNORED, Outcome
from shared.core.ports import Clock, ObjectStore, TrainingJobs
from shared.core.settings import Settings
from shared.core.trigger import RETRAIN_OF_METADATA, NotOurs, ledger_model, parse_data_name
from shared.training.inputs import Inputs
from shared.training.trainer import train as fit
from shared.training.warm import warm
from shared.workflows import placement
from shared.workflows.attempt import Attempt, Exhausted
from shared.workflows.ending import SUPERSEDED, Drop
from shared.workflows.freeze import frozen_inputs, uri_of
from shared.workflows.train import OutgrowsFunction, Trainer, Training

__all__ = ["retrain", "warm"]

SECONDS_TO_BEGIN = 900.0
"""How long a job may take to begin before a redelivery starts it again."""


def retrain(
    event: ObjectFinalized,
    settings: Settings,
    store: ObjectStore,
    jobs: TrainingJobs,
    clock: Clock,
    trainer: Trainer = fit,
) -> Outcome:
    """Train on one generation of one object, have a job do so, or say why not.

    Raises RetryableError where the event should come again (AttemptInProgress among them).
    """
    source = event.source
    if source.bucket != settings.data_bucket:
        return Outcome(IGNORED, facts={"reason": "another bucket"})
    if event.size == 0:
        return Outcome(IGNORED, facts={"reason": "an empty object"})
    try:
        found = parse_data_name(source.name, settings.model_name)
    except DatasetRejected as rejected:
        model = ledger_model(source.name, settings.model_name)
        drop = _drop(event, model, settings, store, clock)
        return drop.done_before() or drop.refuse(rejected)
    if isinstance(found, NotOurs):
        return Outcome(IGNORED, facts={"reason": found.reason})
    drop = _drop(event, found.model, settings, store, clock)
    return _Delivery(event, drop, jobs, trainer).run()


def _drop(
    event: ObjectFinalized, model: str, settings: Settings, store: ObjectStore, clock: Clock
) -> Drop:
    copied = event.metadata.get(RETRAIN_OF_METADATA)
    origin = {"size": event.size, **({RETRAIN_OF_METADATA: copied} if copied else {})}
    return Drop(event.source, model, origin, settings, store, clock)


class _Delivery:
    """One delivery of one drop."""

    def __init__(
        self, event: ObjectFinalized, drop: Drop, jobs: TrainingJobs, trainer: Trainer
    ) -> None:
        self._event, self._drop, self._jobs, self._trainer = event, drop, jobs, trainer
        self._settings = drop.settings
        self._first = True

    def run(self) -> Outcome:
        """Everything from `received` to the end of the training, or to its handing over."""
        return self._drop.settled(self._run)

    def _run(self) -> Outcome:
        drop = self._drop
        with drop.watch("receive"):
            self._first = drop.story.tell("received", **drop.origin)
        if not self._first and (done := drop.done_before()):
            return done
        placement.by_size(self._event.size, self._settings, self._jobs.max_bytes)
        can_hand_over = self._event.size <= self._jobs.max_bytes
        with drop.attempt(beyond=can_hand_over) as attempt:
            with drop.watch("inputs"):
                inputs = frozen_inputs(
                    self._event, drop.model, self._settings, drop.store, first=self._first
                )
            if attempt.is_for_job:
                return self._hand_over(attempt, f"{attempt.number - 1} attempts did not end")
            return self._train(attempt, inputs)

    def _train(self, attempt: Attempt, inputs: Inputs) -> Outcome:
        try:
            if self._place(inputs) == JOB:
                return self._hand_over(attempt, "it is more than the function trains on")
        except ObjectNotFound:
            return self._drop.end("superseded", reason=SUPERSEDED)
        here = FUNCTION, self._jobs.max_bytes, self._trainer
        try:
            return Training(self._drop, inputs, attempt.number, *here).run()
        except OutgrowsFunction:
            return self._hand_over(attempt, "it proved to be more than the function trains on")

    def _place(self, inputs: Inputs) -> Place:
        most = self._jobs.max_bytes
        place = placement.by_size(inputs.size, self._settings, most)
        return place or placement.by_look(self._sample(), inputs.size, self._settings)

    def _sample(self) -> bytes:
        source = self._event.source
        with self._drop.store.open(source.bucket, source.name, source.generation) as stream:
            return stream.read(placement.SAMPLE_BYTES)

    def _hand_over(self, attempt: Attempt, why: str) -> Outcome:
        """Start the job, then say so: dying in between starts a second one, which finds the
        first one's lease."""
        drop = self._drop
        if not self._jobs.max_bytes:
            raise Exhausted(attempt.number - 1, "")
        uri = uri_of(self._event.source, drop.model, self._settings)
        execution = self._jobs.start(uri)
        attempt.hand_over(SECONDS_TO_BEGIN)
        facts = {"place": JOB, "execution": execution, "reason": why}
        drop.story.tell("training", "0", **facts)
        return Outcome(HANDED_OVER, drop.model, drop.story.drop, facts)
