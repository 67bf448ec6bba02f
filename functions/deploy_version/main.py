"""The function `deploy_version`: an object came into MODELS. Translates, calls, logs."""

from __future__ import annotations

from datetime import UTC, datetime

import functions_framework
from cloudevents.http import CloudEvent

from shared import wiring
from shared.core.errors import DropserveError
from shared.core.event import ObjectFinalized
from shared.core.outcome import DONE_BEFORE, IGNORED, Outcome
from shared.logs import log
from shared.workflows.deploy_version import deploy_version as workflow

wiring.load("object_store", "platform")

_LOGGED = ("reason", "code", "earlier", "version", "replaced", "default", "seconds")


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
        _tell(workflow(finalized, *ports, _now), name)
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


def _tell(outcome: Outcome, name: str) -> None:
    quiet = outcome.step in (IGNORED, DONE_BEFORE)
    severity = "DEBUG" if quiet else "INFO" if outcome.step == "live" else "WARNING"
    facts = {key: value for key, value in outcome.facts.items() if key in _LOGGED}
    place = {"model": outcome.model, "drop": outcome.drop, "step": outcome.step, "object": name}
    log(f"{outcome.model or name}: {outcome.step}", severity=severity, **place, **facts)


def _now() -> datetime:
    return datetime.now(UTC)
