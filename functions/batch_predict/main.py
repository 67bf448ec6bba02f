"""The function `batch_predict`: an object came into DATA. Translates, calls, logs."""

from __future__ import annotations

import functions_framework
from cloudevents.http import CloudEvent

from shared import wiring
from shared.core.clock import now
from shared.core.errors import DropserveError
from shared.core.event import ObjectFinalized
from shared.logs import log
from shared.workflows.batch_predict import batch_predict as workflow

wiring.load("object_store", "object_reader", "predictor", "training_jobs")


@functions_framework.cloud_event
def batch_predict(event: CloudEvent) -> None:
    """Acknowledge by returning; raise what a redelivery may mend."""
    name = str(event.get("subject") or "")
    try:
        finalized = ObjectFinalized.parse(event["type"], event.data)
        if finalized is None:
            return
        name = finalized.source.uri
        ports = wiring.settings(), wiring.object_store(), wiring.batch_jobs(), now
        log(**workflow(finalized, *ports, wiring.online).as_log(name))
    except DropserveError as error:
        log(
            str(error),
            severity=error.severity,
            step="batch_predict",
            code=error.code,
            object=name,
        )
        if error.retryable:
            raise
