"""The function `retrain`: an object came into DATA. Translates, calls, logs."""

from __future__ import annotations

import functions_framework
from cloudevents.http import CloudEvent

from shared import wiring
from shared.core.clock import now
from shared.core.errors import DropserveError
from shared.core.event import ObjectFinalized
from shared.logs import log
from shared.workflows.aftermath import Aftermath
from shared.workflows.retrain import retrain as workflow
from shared.workflows.retrain import warm

wiring.load("object_store", "training_jobs")
warm()  # what the first drop would otherwise pay for


@functions_framework.cloud_event
def retrain(event: CloudEvent) -> None:
    """Acknowledge by returning; raise what a redelivery may mend."""
    name = str(event.get("subject") or "")
    try:
        finalized = ObjectFinalized.parse(event["type"], event.data)
        if finalized is None:
            return
        name = finalized.source.uri
        ports = wiring.object_store(), wiring.training_jobs()
        done = workflow(finalized, wiring.settings(), *ports, now)
        log(**done.as_log(name))
    except DropserveError as error:
        log(str(error), severity=error.severity, step="retrain", code=error.code, object=name)
        if error.retryable:
            raise
        return
    after = Aftermath(wiring.settings(), wiring.object_store(), wiring.notifier(), now)
    for line in after.of(done, finalized):
        log(**line)
