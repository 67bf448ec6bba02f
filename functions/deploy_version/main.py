"""The function `deploy_version`: an object came into MODELS. Translates, calls, logs."""

from __future__ import annotations

import functions_framework
from cloudevents.http import CloudEvent

from shared import wiring
from shared.core.clock import now
from shared.core.errors import DropserveError
from shared.core.event import ObjectFinalized
from shared.logs import log
from shared.workflows.aftermath import Aftermath
from shared.workflows.deploy_version import deploy_version as workflow

wiring.load("object_store", "platform")


@functions_framework.cloud_event
def deploy_version(event: CloudEvent) -> None:
    """Acknowledge by returning; raise what a redelivery may mend."""
    name = str(event.get("subject") or "")
    try:
        finalized = ObjectFinalized.parse(event["type"], event.data)
        if finalized is None:
            return
        name = finalized.source.uri
        ports = wiring.settings(), wiring.object_store(), wiring.platform()
        done = workflow(finalized, *ports, now)
        log(**done.as_log(name))
    except DropserveError as error:
        log(
            str(error),
            severity=error.severity,
            step="deploy_version",
            code=error.code,
            object=name,
        )
        if error.retryable:
            raise
        return
    after = Aftermath(wiring.settings(), wiring.object_store(), wiring.notifier(), now)
    for line in after.of(done, finalized):
        log(**line)
