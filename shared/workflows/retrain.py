"""A CSV came: check it, train on it, write a model directory. Ports in, an Outcome out.

Whatever delivery does, one source makes one version: reads pin its generation, names come from
it, writes only create. So each step may run again, and `received` says whether one may have.
"""

from __future__ import annotations

from typing import Any

from shared.artifacts.writing import read_card, write_directory
from shared.core import artifact
from shared.core.card import Card
from shared.core.errors import (
    DatasetRejected,
    Finding,
    ObjectNotFound,
    PermanentError,
    PreconditionFailed,
)
from shared.core.event import ObjectFinalized
from shared.core.ledger import TRAINING_ENDED
from shared.core.outcome import DONE_BEFORE, IGNORED, Outcome
from shared.core.ports import Clock, ObjectStore
from shared.core.settings import Settings
from shared.core.stopwatch import Stopwatch
from shared.training.inputs import Inputs
from shared.training.lineage import code_digest
from shared.training.reading.dataset import Dataset
from shared.training.trainer import Trained, train, warm
from shared.workflows.attempt import Attempt, Exhausted
from shared.workflows.story import Story

__all__ = ["retrain", "warm"]

TARGET_METADATA = "target"
"""Metadata key of a dropped CSV that names its target column."""

LONG_TRAINING_ROWS = 2_000
"""From here on a training takes long enough to be told while it runs."""


def retrain(
    event: ObjectFinalized, settings: Settings, store: ObjectStore, clock: Clock
) -> Outcome:
    """Train on one generation of one object, or say why not.

    Raises RetryableError where the event should come again (AttemptInProgress among them).
    """
    source = event.source
    if source.bucket != settings.data_bucket:
        return Outcome(IGNORED, facts={"reason": "another bucket"})
    if event.size == 0:
        return Outcome(IGNORED, facts={"reason": "an empty object"})
    try:
        drop = artifact.parse_data_name(source.name, settings.model_name)
    except DatasetRejected as rejected:
        model = artifact.ledger_model(source.name, settings.model_name)
        return _Training(event, model, settings, store, clock).refuse(rejected)
    if isinstance(drop, artifact.NotOurs):
        return Outcome(IGNORED, facts={"reason": drop.reason})
    return _Training(event, drop.model, settings, store, clock).run()


class _Training:
    """One delivery of one drop."""

    def __init__(
        self,
        event: ObjectFinalized,
        model: str,
        settings: Settings,
        store: ObjectStore,
        clock: Clock,
    ) -> None:
        self._event, self._model, self._settings, self._store = event, model, settings, store
        self._source = event.source
        self._clock = clock
        self._directory = artifact.directory(model, event.source)
        self._drop = artifact.drop_id(event.source)
        self._story = Story(store, settings.state_bucket, clock, model, self._drop)
        self._watch = Stopwatch()

    def run(self) -> Outcome:
        """Everything from `received` to the end of the training."""
        try:
            with self._watch("receive"):
                known = not self._story.tell("received", **self._origin())
            if known and (done := self._done_before()):
                return done
            self._check_size(self._event.size)
            with self._attempt() as attempt:
                return self._train(attempt.number)
        except Exhausted as error:
            return self._end("exhausted", attempts=error.attempts, reason=str(error))
        except DatasetRejected as rejected:
            return self.refuse(rejected)
        except PermanentError as error:
            return self.refuse(DatasetRejected(Finding(error.code, str(error))))

    def refuse(self, rejected: DatasetRejected) -> Outcome:
        """End the drop with what must change in it."""
        findings = [finding.as_dict() for finding in rejected.findings]
        return self._end("refused", findings=findings, counts=rejected.counts)

    def _origin(self) -> dict[str, Any]:
        return {"source": self._source.as_dict(), "size": self._event.size}

    def _done_before(self) -> Outcome | None:
        """What an earlier delivery achieved; its missing last word is added."""
        if entry := self._story.told(*TRAINING_ENDED):
            return Outcome(DONE_BEFORE, self._model, self._drop, {"earlier": entry.step})
        try:
            card = read_card(self._store, self._settings.models_bucket, self._directory)
        except ObjectNotFound:
            return None
        return self._trained(card)

    def _check_size(self, size: int) -> None:
        most = self._settings.max_csv_bytes
        if size > most:
            message = f"more than {most:,} bytes is more than is trained on here. Drop a sample."
            raise DatasetRejected(Finding("too_large", message))

    def _attempt(self) -> Attempt:
        return Attempt(
            self._store,
            self._settings.state_bucket,
            artifact.lease_name(self._model, self._drop),
            self._clock,
            lease_seconds=self._settings.lease_seconds,
            max_attempts=self._settings.max_attempts,
        )

    def _train(self, attempt: int) -> Outcome:
        with self._watch("inputs"):
            inputs = self._frozen_inputs()
        try:
            with self._watch("read"):
                data = self._read()
        except ObjectNotFound:
            reason = "the file was overwritten or deleted before it could be read"
            return self._end("superseded", reason=reason)
        self._check_size(len(data))
        trained = self._fit(data, inputs, attempt)
        with self._watch("write"):
            card = self._write(trained)
        return self._trained(card)

    def _read(self) -> bytes:
        """One byte beyond the limit at most: an object stored as gzip unpacks on its way here."""
        source = self._source
        with self._store.open(source.bucket, source.name, source.generation) as stream:
            return stream.read(self._settings.max_csv_bytes + 1)

    def _fit(self, data: bytes, inputs: Inputs, attempt: int) -> Trained:
        def tell_long(dataset: Dataset) -> None:
            rows = len(dataset.labels)
            if rows >= LONG_TRAINING_ROWS or attempt > 1:
                features = len(dataset.schema.features)
                self._story.tell("training", attempt=attempt, rows=rows, features=features)

        warnings = () if inputs.configuration_generation is None else (_NOT_READ_YET,)
        return train(data, inputs, self._watch, checked=tell_long, more_warnings=warnings)

    def _frozen_inputs(self) -> Inputs:
        """The inputs of the first attempt, which are these if this is the first."""
        inputs = Inputs(
            model=self._model,
            source=self._source,
            target=self._event.metadata.get(TARGET_METADATA, ""),
            target_names=self._settings.target_names,
            configuration_generation=self._configuration_generation(),
            code_digest=code_digest(),
        )
        bucket, name = self._settings.models_bucket, self._directory + artifact.INPUTS_FILE
        try:
            self._store.write(
                bucket,
                name,
                inputs.to_json(),
                if_generation_match=0,
                content_type="application/json",
            )
        except PreconditionFailed:
            return Inputs.from_json(self._store.read(bucket, name)[0])
        return inputs

    def _configuration_generation(self) -> int | None:
        name = artifact.configuration_name(self._model)
        try:
            return self._store.stat(self._settings.data_bucket, name).generation
        except ObjectNotFound:
            return None

    def _write(self, trained: Trained) -> Card:
        """The card of the model that stands in the end: ours, or a faster attempt's."""
        bucket = self._settings.models_bucket
        if write_directory(self._store, bucket, self._directory, trained.card, trained.model):
            return trained.card
        return read_card(self._store, bucket, self._directory)

    def _trained(self, card: Card) -> Outcome:
        return self._end(
            "trained",
            version=card.version,
            directory=f"gs://{self._settings.models_bucket}/{self._directory}",
            metrics=card.metrics,
            warnings=card.warnings,
        )

    def _end(self, step: str, **facts: Any) -> Outcome:
        seconds = {**self._watch.seconds, "total": self._watch.total}
        self._story.tell(step, **facts, **self._origin(), seconds=seconds)
        return Outcome(step, self._model, self._drop, {**facts, "seconds": seconds})


_NOT_READ_YET = Finding("configuration_ignored", "model.toml is there and not read by this version")
