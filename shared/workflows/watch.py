"""What a person should be told about, found while everything is looked at anyway.

Each alarm has a code, which an alert of deploy/alert.py waits for and docs/33-operations.md
explains.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.core import artifact
from shared.core.errors import ModelNotFound, VersionNotFound
from shared.core.event import ObjectFinalized
from shared.core.ledger import SETTLED, STEPS
from shared.core.ports import Clock, ModelPlatform, ObjectStore
from shared.core.settings import Settings
from shared.core.trigger import BatchDrop, ledger_model, parse_batch_name
from shared.workflows.crew import each
from shared.workflows.promotion import read_default

PATIENCE = timedelta(minutes=15)
"""How long a drop may take before somebody is told."""
JOB_PATIENCE = timedelta(days=1)
"""The same for a file to predict for that a job has, which tells nothing before it is done."""
UNSETTLED = "drop_not_settled"
NOT_READY = "default_not_ready"
OLD_PIN = "pin_too_old"
REFUSED_TWICE = "refused_twice"
DRIFTED = "requests_drifted"
_BAD = frozenset({"refused", "exhausted", "failed"})


@dataclass(frozen=True)
class Alarm:
    """One thing to tell. code: what alerts match."""

    code: str
    model: str
    message: str


def unsettled(
    events: Iterable[ObjectFinalized], settings: Settings, clock: Clock
) -> Iterator[Alarm]:
    """Events that had to be sent again long after their objects came."""
    for event in events:
        source = event.source
        batch = parse_batch_name(source)
        is_batch = isinstance(batch, BatchDrop)
        is_for_job = is_batch and event.size > settings.max_batch_bytes
        if clock() - source.created > (JOB_PATIENCE if is_for_job else PATIENCE):
            ledger = ledger_model(source.name, settings.model_name)
            model = batch.model if isinstance(batch, BatchDrop) else ledger
            yield Alarm(UNSETTLED, model, f"{source.uri} came at {source.time_created}, has no end")


def not_ready(
    settings: Settings, store: ObjectStore, platform: ModelPlatform, models: Sequence[str]
) -> list[Alarm]:
    """Defaults that the platform does not have, or does not serve."""

    def look(model: str) -> Alarm | None:
        default, _ = read_default(store, settings.state_bucket, model)
        if default is None:
            return None
        try:
            state = platform.get_version(model, default.version).state
        except (ModelNotFound, VersionNotFound):
            state = "gone"
        told = f"the default {default.version} of {model} is {state}"
        return Alarm(NOT_READY, model, told) if state != "READY" else None

    return [alarm for alarm in each(look, models) if alarm]


def old_pins(pinned_days: Mapping[str, int]) -> list[Alarm]:
    """Pins that reconcile found to be old."""
    return [
        Alarm(OLD_PIN, model, f"{model} has been pinned for {days} days: newer versions wait")
        for model, days in pinned_days.items()
    ]


def refused_twice(settings: Settings, store: ObjectStore) -> Iterator[Alarm]:
    """Models whose last two drops brought nothing. By the names of ledger entries alone."""
    ends: dict[str, dict[str, str]] = defaultdict(dict)
    for meta in store.list(settings.state_bucket, artifact.LEDGER_PREFIX):
        _, model, drop, file = meta.name.split("/")
        step = file.removesuffix(".json").partition("_")[2]
        if step in SETTLED and step in STEPS:
            ends[model][drop] = step
    for model, drops in sorted(ends.items()):
        last = [drops[drop] for drop in sorted(drops)[-2:]]
        if len(last) == 2 and set(last) <= _BAD:
            said = " and ".join(last)
            yield Alarm(REFUSED_TWICE, model, f"the last two drops of {model} ended {said}")


def drifted(requests: Mapping[str, Mapping[str, Any]]) -> Iterator[Alarm]:
    """Models whose requests lie far from what the live version learnt from. requests: by model,
    what workflows/traffic.py knows of them."""
    for model, told in requests.items():
        if told.get("level") == "high":
            said = " ".join(told["words"])
            yield Alarm(DRIFTED, model, f"the requests to {model} have drifted. {said}")
