"""Repairs what lost events left undone, by sending them again. Ports in, what was repaired out.

First goes what is left of drops that were forgotten. Then come the CSVs whose training did not end,
then the models whose release did not end (so that those which the step before made are among them),
then each default: the newest version that may be, on the platform too, and old versions are
collected. Last come the CSVs to predict for that have no end, once no delivery can be at work on
them. Nothing that is settled is sent, and each event is one that functions may get at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from shared.core import artifact
from shared.core.errors import (
    DatasetRejected,
    DropserveError,
    PermissionDenied,
    RetryableError,
)
from shared.core.event import ObjectFinalized
from shared.core.ledger import FORGOTTEN, RELEASE_ENDED, TRAINING_ENDED
from shared.core.ports import Clock, EventSender, ModelPlatform, ObjectMeta, ObjectStore
from shared.core.settings import Settings
from shared.core.source import Source
from shared.core.trigger import (
    DataDrop,
    NotOurs,
    ledger_model,
    parse_batch_name,
    parse_data_name,
    parse_model_name,
)
from shared.workflows.crew import each
from shared.workflows.forget import Forget, Plan
from shared.workflows.keeper import BY, Keeper, Repairs
from shared.workflows.story import Story
from shared.workflows.told import Told

__all__ = ["Repairs", "models_with_default", "reconcile"]

_TRIES = 3


def reconcile(
    settings: Settings,
    store: ObjectStore,
    platform: ModelPlatform,
    sender: EventSender,
    clock: Clock,
    model: str = "",
    *,
    dry_run: bool = False,
) -> Repairs:
    """Do what is undone of one model, or ("") of all.

    dry_run: change nothing, and tell what would be done now; what that would lead to is unknown.
    """
    work = _Reconcile(settings, store, sender, clock, model)
    for name in work.models_forgotten():
        try:
            forget = Forget(name, BY, settings, store, platform, clock)
            work.repairs.forgotten += _left(forget.unfinished())
            dry_run or forget.carry_out(forget.unfinished())
        except PermissionDenied:
            continue  # an account that may not delete it leaves it to a person
        except DropserveError as error:
            work.repairs.failed[artifact.ledger_prefix(name)] = str(error)
    send = work.tell if dry_run else work.send
    send(work.untrained())
    send(work.unreleased())
    names = [model] if model else models_with_default(settings, store)
    models = 0 if model else len(names)

    def keep(name: str) -> Repairs:
        return Keeper(name, settings, store, platform, clock, models).keep(dry_run=dry_run)

    for found in each(keep, names):
        work.repairs.add(found)
    send(work.unpredicted())
    return work.repairs


def models_with_default(settings: Settings, store: ObjectStore) -> list[str]:
    """Every model that has a desired default."""
    found = store.list(settings.state_bucket, artifact.DEFAULTS_PREFIX)
    return [artifact.registry_id(meta.name) for meta in found]


def _left(plan: Plan) -> list[str]:
    """Versions and objects of a plan, by name."""
    versions = [f"{plan.model}/{version}" for version in plan.versions]
    return versions + [f"gs://{meta.bucket}/{meta.name}" for meta in plan.objects]


class _Reconcile:
    """One look at the three buckets."""

    def __init__(
        self,
        settings: Settings,
        store: ObjectStore,
        sender: EventSender,
        clock: Clock,
        model: str,
    ) -> None:
        self._settings, self._store, self._sender, self._model = settings, store, sender, model
        self._clock = clock
        self._known: Told | None = None
        self.repairs = Repairs()

    def tell(self, events: Iterator[ObjectFinalized]) -> None:
        """What would be sent."""
        self.repairs.sent += [event.source.uri for event in events]

    def send(self, events: Iterator[ObjectFinalized]) -> None:
        """Send each, a few times where it is not taken."""
        for event in list(events):
            self._known = None
            for _ in range(_TRIES):
                try:
                    self._sender.send(event)
                except RetryableError as error:
                    self.repairs.failed[event.source.uri] = str(error)
                else:
                    self.repairs.failed.pop(event.source.uri, None)
                    self.repairs.sent.append(event.source.uri)
                    break

    def untrained(self) -> Iterator[ObjectFinalized]:
        """Every CSV, there or gone since, whose training did not end."""
        told = self._told()
        there = set()
        for meta in self._store.list(self._settings.data_bucket, artifact.DATA_PREFIX):
            model = self._trains(meta)
            if model:
                event = _event(meta)
                drop = artifact.drop_id(event.source)
                there.add((model, drop))
                if not told.has(model, drop, *TRAINING_ENDED):
                    yield event
        for model, drop in sorted(told.drops - there):
            begun = told.has(model, drop, "received")
            if begun and not told.has(model, drop, *TRAINING_ENDED):
                yield from self._received(model, drop)

    def unreleased(self) -> Iterator[ObjectFinalized]:
        """Every model.joblib, there or gone since, whose release did not end."""
        told = self._told()
        there = set()
        prefix = artifact.MODELS_PREFIX + (f"{self._model}/" if self._model else "")
        for meta in self._store.list(self._settings.models_bucket, prefix):
            file = parse_model_name(meta.name)
            if isinstance(file, NotOurs):
                continue
            event = _event(meta)
            drops = _drops(file.directory, event)
            there |= {(file.model, drop) for drop in drops}
            if not any(told.has(file.model, drop, *RELEASE_ENDED) for drop in drops):
                yield event
        for model, drop in sorted(told.drops - there):
            begun = told.has(model, drop, "trained", "created")
            if begun and not told.has(model, drop, *RELEASE_ENDED):
                yield from self._vanished(model, drop)

    def unpredicted(self) -> Iterator[ObjectFinalized]:
        """Every CSV to predict for that has no end, and that no delivery can be at work on."""
        of_model = f"{self._model}/" if self._model else ""
        state, data = self._settings.state_bucket, self._settings.data_bucket
        found = self._store.list(state, artifact.PREDICTIONS_PREFIX + of_model)
        ended = {meta.name for meta in found}
        latest = self._clock() - timedelta(seconds=self._settings.function_seconds)
        for meta in self._store.list(data, artifact.BATCH_PREFIX + of_model):
            event = _event(meta)
            drop = parse_batch_name(event.source)
            if isinstance(drop, NotOurs) or not meta.size or drop.outcome in ended:
                continue
            if event.source.created < latest:
                yield event

    def models_forgotten(self) -> list[str]:
        """Every model of which a drop was forgotten."""
        told = self._told()
        return sorted({m for m, drop in told.drops if told.has(m, drop, FORGOTTEN)})

    def _trains(self, meta: ObjectMeta) -> str:
        """The model whose ledger tells of this object of DATA, "" where retrain ignores it."""
        default = self._settings.model_name
        try:
            parsed = parse_data_name(meta.name, default)
            model = parsed.model if isinstance(parsed, DataDrop) else ""
        except DatasetRejected:
            model = ledger_model(meta.name, default)
        return model if meta.size and self._model in ("", model) else ""

    def _received(self, model: str, drop: str) -> Iterator[ObjectFinalized]:
        """The event of a CSV that is gone: retrain tells what became of it."""
        facts = self._facts(model, drop, "received")
        if facts:
            yield ObjectFinalized(Source.from_dict(facts["source"]), int(facts["size"]))

    def _vanished(self, model: str, drop: str) -> Iterator[ObjectFinalized]:
        """The event of a model.joblib that is gone: deploy_version tells that it never served."""
        facts = self._facts(model, drop, "created", "trained")
        if not facts:
            return
        source = Source.from_dict(facts["source"])
        if source.bucket == self._settings.models_bucket and source.name.endswith(
            artifact.MODEL_FILE
        ):
            yield ObjectFinalized(source, 1)
            return
        bucket, directory = artifact.split_uri(facts["directory"])
        name = directory.rstrip("/") + f"/{artifact.MODEL_FILE}"
        yield ObjectFinalized(Source(bucket, name, 1, source.time_created), 1)

    def _facts(self, model: str, drop: str, *steps: str) -> dict[str, Any]:
        """Of the first of these entries that stands; {} where the drop is forgotten meanwhile."""
        story = Story(self._store, self._settings.state_bucket, self._clock, model, drop)
        entry = story.told(*steps)
        return entry.facts if entry else {}

    def _told(self) -> Told:
        """As the ledger was at the first look, or since events were sent: what came meanwhile is
        sent to those who find it done."""
        if self._known is None:
            prefix = artifact.ledger_prefix(self._model) if self._model else artifact.LEDGER_PREFIX
            found = self._store.list(self._settings.state_bucket, prefix)
            self._known = Told(meta.name for meta in found)
        return self._known


def _event(meta: ObjectMeta) -> ObjectFinalized:
    return ObjectFinalized(meta.source, meta.size, dict(meta.metadata))


def _drops(directory: str, event: ObjectFinalized) -> set[str]:
    """Whose story may tell of a model.joblib: its own, or with a card its directory's drop."""
    own = artifact.drop_id(event.source)
    version = artifact.version_of_directory(directory)
    drop = artifact.drop_of_version(version) if version else None
    return {own, drop} if drop and artifact.CARD_METADATA in event.metadata else {own}
