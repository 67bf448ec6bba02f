"""The reconcile job: `python -m shared.reconcile`, on a schedule. Repairs, looks around, logs.

deploy_version's own folder, started by another command. Exit code 1: something was not taken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any

from shared import wiring
from shared.core.clock import now
from shared.core.errors import DropserveError, RetryableError
from shared.core.event import ObjectFinalized
from shared.core.ports import EventSender
from shared.logs import log
from shared.workflows import watch
from shared.workflows.aftermath import Aftermath
from shared.workflows.reconcile import Repairs, models_with_default, reconcile
from shared.workflows.traffic import Traffic

STEP = "reconcile"


class Remembering:
    """An `EventSender` that knows what it was given."""

    def __init__(self, sender: EventSender) -> None:
        self._sender = sender
        self.events: dict[str, ObjectFinalized] = {}

    def send(self, event: ObjectFinalized) -> None:
        """As the other does."""
        self.events[event.source.uri] = event
        self._sender.send(event)


def main() -> int:
    """One look at everything."""
    try:
        sender = Remembering(wiring.event_sender())
        ports = wiring.settings(), wiring.object_store(), wiring.platform()
        repairs = reconcile(*ports, sender, now)
        requests = _requests()
        for alarm in chain(_alarms(sender, repairs), watch.drifted(requests)):
            facts = {"alert": alarm.code, "model": alarm.model}
            log(alarm.message, severity="WARNING", step=STEP, **facts)
        after = Aftermath(*ports[:2], wiring.notifier(), now)
        for line in after.repaired(requests=requests):
            log(**line)
    except DropserveError as error:
        log(str(error), severity=error.severity, step=STEP, code=error.code)
        return 1
    return _told(repairs)


def _alarms(sender: Remembering, repairs: Repairs) -> Iterator[watch.Alarm]:
    settings, store, platform = wiring.settings(), wiring.object_store(), wiring.platform()
    yield from watch.unsettled(sender.events.values(), settings, now)
    yield from watch.old_pins(repairs.pinned_days)
    yield from watch.refused_twice(settings, store)
    models = models_with_default(settings, store)
    try:
        yield from watch.not_ready(settings, store, platform, models)
    except RetryableError as error:
        log(str(error), severity=error.severity, step=STEP, code=error.code)


def _requests() -> dict[str, dict[str, Any]]:
    """What is known of the requests to each live version."""
    settings, store = wiring.settings(), wiring.object_store()
    traffic, found = Traffic(settings, store, now), {}
    for model in models_with_default(settings, store):
        try:
            told = traffic.of(model)
        except DropserveError as error:
            log(str(error), severity=error.severity, step=STEP, code=error.code, model=model)
            continue
        if told is not None:
            found[model] = told
    return found


def _told(repairs: Repairs) -> int:
    for uri, why in repairs.failed.items():
        log(f"{uri}: {why}", severity="WARNING", step=STEP, object=uri)
    log(
        "reconciled",
        step=STEP,
        sent=len(repairs.sent),
        defaults=len(repairs.defaults),
        collected=len(repairs.collected),
        failed=len(repairs.failed),
    )
    return int(bool(repairs.failed))


if __name__ == "__main__":
    sys.exit(main())
