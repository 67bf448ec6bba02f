"""How the training of a drop ends: told once in the ledger, whoever trained and however often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.artifacts.writing import read_card
from shared.core import artifact
from shared.core.card import Card
from shared.core.creation import create
from shared.core.errors import DatasetRejected, Finding, ObjectNotFound, PermanentError
from shared.core.ledger import TRAINING_ENDED
from shared.core.outcome import DONE_BEFORE, Outcome
from shared.core.ports import Clock, ObjectStore
from shared.core.settings import Settings
from shared.core.source import Source
from shared.core.stopwatch import Stopwatch
from shared.training.reporting.report import render
from shared.workflows.attempt import Attempt, Exhausted, GivenToJob
from shared.workflows.story import Story

SUPERSEDED = "the file was overwritten or deleted before it could be read"


class Drop:
    """One drop, as the function and the training job meet it. origin: facts of every last word."""

    def __init__(
        self,
        source: Source,
        model: str,
        origin: dict[str, Any],
        settings: Settings,
        store: ObjectStore,
        clock: Clock,
    ) -> None:
        self.source, self.model, self.settings, self.store = source, model, settings, store
        self.directory = artifact.directory(model, source)
        self.story = Story(store, settings.state_bucket, clock, model, artifact.drop_id(source))
        self.watch = Stopwatch()
        self.origin = {"source": source.as_dict(), **origin}
        self._clock = clock

    def attempt(self, **how: Any) -> Attempt:
        """The next attempt at it; how: place, beyond."""
        return Attempt(
            self.store,
            self.settings.state_bucket,
            artifact.lease_name(self.model, self.story.drop),
            self._clock,
            lease_seconds=self.settings.lease_seconds,
            max_attempts=self.settings.max_attempts,
            **how,
        )

    def done_before(self) -> Outcome | None:
        """What an earlier delivery achieved; what it left untold or unwritten is added."""
        entry = self.story.told(*TRAINING_ENDED)
        if entry and entry.step != "trained":
            return self._before(entry.step)
        try:
            card = read_card(self.store, self.settings.models_bucket, self.directory)
        except ObjectNotFound:
            return self._before(entry.step) if entry else None
        if not entry:
            return self.trained(card)
        self.write_report(card)
        return self._before(entry.step)

    def settled(self, work: Callable[[], Outcome]) -> Outcome:
        """Do the work; an error that nothing but another file mends is the drop's end."""
        try:
            return work()
        except GivenToJob:
            return self._before("given_to_job")
        except Exhausted as error:
            return self.end("exhausted", attempts=error.attempts, reason=str(error))
        except DatasetRejected as rejected:
            return self.refuse(rejected)
        except PermanentError as error:
            return self.refuse(DatasetRejected(Finding(error.code, str(error))))

    def refuse(self, rejected: DatasetRejected) -> Outcome:
        """End it with what must change, and with the facts that the refusal stands on."""
        findings = [finding.as_dict() for finding in rejected.findings]
        return self.end("refused", findings=findings, counts=rejected.counts, **rejected.facts)

    def trained(self, card: Card) -> Outcome:
        """End it with a version; all of it is the card's, so that it can be told again."""
        outcome = self.end(
            "trained",
            version=card.version,
            directory=f"gs://{self.settings.models_bucket}/{self.directory}",
            card=card.file_name,
            estimator=card.estimator.get("name", ""),
            metrics=card.metrics,
            warnings=card.warnings,
            decision=card.facts.get("decision", {}),
        )
        self.write_report(card)
        return outcome

    def write_report(self, card: Card) -> None:
        """The page for people, where it is not there yet: no version waits for it."""
        bucket, name = self.settings.models_bucket, artifact.report_name(card.file_name)
        page = render(card.as_dict())
        create(self.store, bucket, self.directory + name, page, "text/html; charset=utf-8")

    def end(self, step: str, **facts: Any) -> Outcome:
        """Tell a last word."""
        seconds = {**self.watch.seconds, "total": self.watch.total}
        self.story.tell(step, **facts, **self.origin, seconds=seconds)
        return Outcome(step, self.model, self.story.drop, {**facts, "seconds": seconds})

    def _before(self, what: str) -> Outcome:
        return Outcome(DONE_BEFORE, self.model, self.story.drop, {"earlier": what})
