"""A model.joblib came: create the version, prove it, make it the default. Ports in, Outcome out.

Safe under any redelivery and order: the version's name comes from its source, the default moves
by compare-and-swap to the newest source, and the platform is brought to it until it reads back.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from shared.core import artifact
from shared.core.card import Card
from shared.core.default import HELD, PINNED, Default, hindrance, pin_days
from shared.core.errors import (
    ModelNotFound,
    ObjectNotFound,
    PermanentError,
    VersionNotReady,
)
from shared.core.event import ObjectFinalized
from shared.core.ledger import FORGOTTEN, RELEASE_ENDED
from shared.core.outcome import DONE_BEFORE, IGNORED, Outcome
from shared.core.ports import Clock, ModelPlatform, ObjectStore, VersionSpec
from shared.core.settings import Settings
from shared.core.source import Source
from shared.core.stopwatch import Stopwatch
from shared.core.trigger import ModelFile, NotOurs, parse_model_name
from shared.workflows.collect import Collector
from shared.workflows.directory import card_named
from shared.workflows.hold import held
from shared.workflows.promotion import clear_default, promote, read_default, reconcile_default
from shared.workflows.proof import Disproved, Proof, ReleaseFailed, Sleep
from shared.workflows.story import Story

BY = "deploy_version"


@dataclass(frozen=True)
class _Candidate:
    """What is to be released. card: None for a hand-made model."""

    model: str
    version: str
    source: Source
    deployment_uri: str
    card: Card | None

    @property
    def default(self) -> Default:
        return Default(self.model, self.version, self.deployment_uri, self.source.order)


def deploy_version(
    event: ObjectFinalized,
    settings: Settings,
    store: ObjectStore,
    platform: ModelPlatform,
    clock: Clock,
    sleep: Sleep = time.sleep,
) -> Outcome:
    """Release the version of one model.joblib, or say why not.

    Raises RetryableError where the event should come again (VersionNotReady among them).
    """
    if event.source.bucket != settings.models_bucket:
        return Outcome(IGNORED, facts={"reason": "another bucket"})
    file = parse_model_name(event.source.name)
    if isinstance(file, NotOurs):
        return Outcome(IGNORED, facts={"reason": file.reason})
    return _Release(event, file, settings, store, platform, clock, sleep).run()


class _Release:
    """One delivery of one model.joblib."""

    def __init__(
        self,
        event: ObjectFinalized,
        file: ModelFile,
        settings: Settings,
        store: ObjectStore,
        platform: ModelPlatform,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        self._event, self._file, self._settings = event, file, settings
        self._store, self._platform, self._clock, self._sleep = store, platform, clock, sleep
        self._watch = Stopwatch()

    def run(self) -> Outcome:
        """From the artifact to its end as live, ready or failed; old versions give it room."""
        outcome = self._run()
        if outcome.step not in ("live", "ready", DONE_BEFORE):
            return outcome
        with self._watch("collect"):
            collected = self._collector().run()
        told = {"collected": collected} if collected else {}
        return replace(outcome, facts={**outcome.facts, **told})

    def _run(self) -> Outcome:
        story = self._story(self._supposed_drop())
        try:
            with self._watch("card"):
                candidate = self._candidate()
            story = self._story(artifact.drop_id(candidate.source))
            with self._watch("ledger"):
                created = story.told(FORGOTTEN, "created")
            if created and (ended := story.told(*RELEASE_ENDED)):
                return self._outcome(DONE_BEFORE, story, earlier=ended.step)
            operation = created.facts.get("operation") if created else None
            return self._release(candidate, story, operation)
        except _Gone:
            return self._gone(story)
        except PermanentError as error:
            return self._end(story, "failed", code=error.code, reason=str(error))

    def _gone(self, story: Story) -> Outcome:
        """Nothing is left to release; a story that had begun ends here."""
        reason = "overwritten or deleted"
        if story.told(*RELEASE_ENDED) or not story.told("created", "trained"):
            return Outcome(IGNORED, facts={"reason": reason})
        version = f"v{story.drop}"
        current, _ = read_default(self._store, self._settings.state_bucket, story.model)
        if current and current.version == version:  # it was proven, and died before it said so
            return self._end(story, "live", version=version, replaced=current.previous)
        reason = f"model.joblib was {reason} before its release ended"
        return self._end(story, "failed", code="superseded", reason=reason)

    def _candidate(self) -> _Candidate:
        """The version that this generation of model.joblib stands for."""
        source, directory = self._event.source, self._file.directory
        card = self._card()
        if card and artifact.directory(card.model, card.source) == directory:
            source = card.source
        return _Candidate(
            self._file.model,
            artifact.version_name(source),
            source,
            f"gs://{self._settings.models_bucket}/{directory}",
            card,
        )

    def _card(self) -> Card | None:
        """The card that this generation of model.joblib names; None for a hand-made one."""
        source = self._event.source
        try:
            named = self._store.stat(source.bucket, source.name, source.generation).metadata
        except ObjectNotFound:
            raise _Gone from None
        return card_named(self._store, source.bucket, self._file.directory, named)

    def _release(self, candidate: _Candidate, story: Story, operation: str | None) -> Outcome:
        proof = self._proof(candidate)
        proof.check(candidate.card)
        with self._watch("create"):
            operation = self._create(candidate) or operation
            story.tell(
                "created",
                version=candidate.version,
                directory=candidate.deployment_uri,
                source=candidate.source.as_dict(),
                operation=operation,
                skipped=proof.skipped(candidate.card),
            )
        try:
            with self._watch("load"):
                proof.wait(operation)
            with self._watch("prove"):
                proof.prove(candidate.card)
        except ReleaseFailed as error:
            return self._failed(candidate, story, error)
        with self._watch("promote"):
            bucket = self._settings.state_bucket
            current, reason, why = promote(
                self._store, bucket, candidate.default, lambda live: self._hold(live, candidate)
            )
            if not reason and not current.previous and story.told(FORGOTTEN):
                # There was no default to mark it in, so nothing kept it from becoming one.
                clear_default(self._store, bucket, candidate.model, candidate.version)
                return self._outcome(DONE_BEFORE, story, earlier=FORGOTTEN)
            reconcile_default(self._store, bucket, self._platform, candidate.model)
        return self._promoted(candidate, story, current, reason, why)

    def _create(self, candidate: _Candidate) -> str | None:
        """Raises VersionNotReady where the model went since it was ensured, with what was its last
        version: the next delivery makes it anew."""
        self._platform.ensure_model(candidate.model)
        try:
            return self._platform.create_version(self._spec(candidate))
        except ModelNotFound as error:
            raise VersionNotReady(str(error)) from error

    def _failed(self, candidate: _Candidate, story: Story, error: ReleaseFailed) -> Outcome:
        """What did not load is kept or removed; what answers wrongly must never be asked again."""
        proven = story.told("live", "ready")
        if proven:
            return self._outcome(DONE_BEFORE, story, earlier=proven.step)
        removes = self._settings.failed_versions == "remove" or isinstance(error, Disproved)
        removed = removes and self._collector().remove(candidate.version)
        return self._end(story, "failed", code=error.code, reason=str(error), removed=removed)

    def _proof(self, candidate: _Candidate) -> Proof:
        deadline = self._settings.release_deadline_seconds
        names = candidate.model, candidate.version
        return Proof(self._platform, *names, self._clock, deadline, self._sleep)

    def _collector(self) -> Collector:
        ports = self._settings, self._store, self._platform, self._clock
        return Collector(self._file.model, *ports)

    def _hold(self, live: Default, candidate: _Candidate) -> list[str]:
        """Why a person must decide whether it replaces the live version."""
        if candidate.card is None:
            return []
        store, bucket = self._store, self._settings.models_bucket
        return held(store, bucket, live, candidate.card, self._file.directory)

    def _promoted(
        self,
        candidate: _Candidate,
        story: Story,
        current: Default,
        reason: str,
        why: list[str],
    ) -> Outcome:
        if not reason:
            return self._end(story, "live", version=candidate.version, replaced=current.previous)
        if story.told("live"):  # another delivery made it so before a newer one came
            return self._outcome(DONE_BEFORE, story, earlier="live")
        facts: dict[str, Any] = {"version": candidate.version, "default": current.version}
        if reason == PINNED and (days := pin_days(current, self._clock())):
            facts["pinned_days"] = days
        outcome = self._end(story, "ready", **facts, reason=reason, **({HELD: why} if why else {}))
        if reason != HELD:
            self._follow(candidate, story)
        return outcome

    def _follow(self, candidate: _Candidate, story: Story) -> None:
        """What met a pin, a freeze or a newer version looks again once it has said so: whoever
        ended that in between, or had the newer one forgotten, may have looked for it too early."""
        bucket = self._settings.state_bucket
        current, generation = read_default(self._store, bucket, candidate.model)
        if hindrance(current, candidate.default):
            return
        current, reason, _ = promote(
            self._store, bucket, candidate.default, lambda live: self._hold(live, candidate)
        )
        if not reason:
            story.tell("promoted", str(generation), by=BY, replaced=current.previous)
        reconcile_default(self._store, bucket, self._platform, candidate.model)

    def _spec(self, candidate: _Candidate) -> VersionSpec:
        return VersionSpec(
            model=candidate.model,
            version=candidate.version,
            deployment_uri=candidate.deployment_uri,
            runtime_version=self._settings.runtime_version,
            python_version=self._settings.python_version,
            description=f"dropserve: {candidate.source.uri}"[:256],
        )

    def _supposed_drop(self) -> str:
        """Whose story it is as long as the card was not read: the directory says so, or nobody."""
        version = artifact.version_of_directory(self._file.directory)
        drop = artifact.drop_of_version(version) if version else None
        return drop or artifact.drop_id(self._event.source)

    def _story(self, drop: str) -> Story:
        model, bucket = self._file.model, self._settings.state_bucket
        return Story(self._store, bucket, self._clock, model, drop)

    def _end(self, story: Story, step: str, **facts: Any) -> Outcome:
        story.tell(step, **facts, seconds=self._seconds())
        return self._outcome(step, story, **facts)

    def _outcome(self, step: str, story: Story, **facts: Any) -> Outcome:
        return Outcome(step, story.model, story.drop, {**facts, "seconds": self._seconds()})

    def _seconds(self) -> dict[str, float]:
        return {**self._watch.seconds, "total": self._watch.total}


class _Gone(Exception):
    """That generation of model.joblib is no more; its successor has an event of its own."""
