"""Predicts for one large CSV by its frozen request: what the batch job does.

The same steps as the function's, under a lease: one job at a time, and a file at which every
attempt dies has an end.
"""

from __future__ import annotations

import json
import time

from shared.core import artifact
from shared.core.errors import ObjectNotFound
from shared.core.event import ObjectFinalized
from shared.core.lease import JOB
from shared.core.outcome import DONE_BEFORE, IGNORED, Outcome
from shared.core.ports import Clock, ObjectStore
from shared.core.settings import Settings
from shared.core.source import Source
from shared.core.trigger import NotOurs, parse_batch_name
from shared.workflows.asking import Online
from shared.workflows.attempt import Sleep, in_turn
from shared.workflows.batch_predict import Batch

AT_WORK = "another attempt is at work"


def batch_job(
    request_uri: str,
    settings: Settings,
    store: ObjectStore,
    clock: Clock,
    online: Online,
    sleep: Sleep = time.sleep,
) -> Outcome:
    """Predict for what a request was frozen for. Raises RetryableError where it should be started
    again, ValueError for an address that is none."""
    try:
        data, _ = store.read(*artifact.split_uri(request_uri))
    except ObjectNotFound:
        return Outcome(IGNORED, facts={"reason": "the model was forgotten"})
    source = Source.from_dict(json.loads(data)["source"])
    drop = parse_batch_name(source)
    if isinstance(drop, NotOurs):
        raise ValueError(f"{request_uri} is of no file to predict for: {drop.reason}")
    batch = Batch(_event(store, source), drop, settings, store)
    done = Outcome(DONE_BEFORE, drop.model, source.stamp)
    if batch.is_done():
        return done

    def attempt() -> Outcome | None:
        begin = lambda: batch.attempt(clock, JOB)  # noqa: E731
        return in_turn(begin, lambda _: batch.run(online), settings.lease_seconds, sleep)

    earlier = Outcome(DONE_BEFORE, drop.model, source.stamp, {"earlier": AT_WORK})
    return batch.told(lambda: attempt() or (done if batch.is_done() else earlier))


def _event(store: ObjectStore, source: Source) -> ObjectFinalized:
    """The event of a file; of one that is gone the least that tells so."""
    try:
        meta = store.stat(source.bucket, source.name, source.generation)
    except ObjectNotFound:
        return ObjectFinalized(source, 1)
    return ObjectFinalized(source, meta.size, dict(meta.metadata))
