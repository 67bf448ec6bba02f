"""Vertex AI's custom jobs (aiplatform v1, `customJobs`), as much as the trainer's image needs.

Source: the discovery document aiplatform:v1, schema CustomJob. No image is pulled here: a container
whose command is the trainer's runs retrain's staged folder, told nothing but its own environment.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from localcloud.execution import Execution
from localcloud.logentry import now

COMMAND = ["python", "-m", "shared.job"]
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONDITION = re.compile(r"""\s*labels\.([a-z0-9_-]+)(?::\*|\s*=\s*"?([a-z0-9_-]*)"?)\s*""")
_DURATION = re.compile(r"[0-9]+(\.[0-9]{1,9})?s")
_MOST_VARIABLES = 100
_LONGEST_NAME = 128
_FAILED = {"code": 3, "message": ""}


class BadJob(ValueError):
    """The job cannot be run; the message names the field."""


def execution_of(body: dict[str, Any]) -> Execution:
    """What a `customJobs.create` asks for. Raises BadJob."""
    name = body.get("displayName")
    _require(isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME, "display_name: 1 to 128")
    labels = body.get("labels", {})
    fine = all(_KEY.fullmatch(key) and _VALUE.fullmatch(labels[key]) for key in labels)
    _require(fine, "labels: lower-case letters, digits, underscores and hyphens, at most 63")
    spec = body.get("jobSpec") or {}
    timeout = spec.get("scheduling", {}).get("timeout", "604800s")
    _require(bool(_DURATION.fullmatch(timeout)), "job_spec.scheduling.timeout: such as 3600s")
    container = _container(spec)
    return Execution(
        id=str(uuid.uuid4().int % 10**19),
        args=tuple(_plain(word) for word in container.get("args", ())),
        environment={one["name"]: _plain(one["value"]) for one in container.get("env", ())},
        created=now(),
        retries=0,
        bare=True,
        asked=body,
    )


def state(execution: Execution) -> str:
    """JobState."""
    if execution.ended:
        if execution.cancelled:
            return "JOB_STATE_CANCELLED"
        return "JOB_STATE_SUCCEEDED" if execution.succeeded else "JOB_STATE_FAILED"
    if execution.cancelled:
        return "JOB_STATE_CANCELLING"
    return "JOB_STATE_RUNNING" if execution.begun else "JOB_STATE_PENDING"


def resource(execution: Execution, parent: str) -> dict[str, Any]:
    """The custom job as the API shows it. parent: `projects/NUMBER/locations/L`."""
    failed = {**_FAILED, "message": f"The replica workerpool0-0 exited: {execution.error}"}
    shown = {
        **execution.asked,
        "name": f"{parent}/customJobs/{execution.id}",
        "state": state(execution),
        "createTime": execution.created,
        "startTime": execution.begun,
        "endTime": execution.ended,
        "updateTime": execution.ended or execution.begun or execution.created,
        "error": failed if state(execution) == "JOB_STATE_FAILED" else {},
    }
    return {key: value for key, value in shown.items() if value}


def matches(execution: Execution, filter_: str) -> bool:
    """Whether a listing's filter (`labels.KEY="VALUE"` or `labels.KEY:*`, AND) lets it through.

    Raises BadJob for what else the API knows.
    """
    for part in filter_.split(" AND ") if filter_ else ():
        found = _CONDITION.fullmatch(part)
        if not found:
            raise BadJob(f"filter: only labels.KEY=VALUE and labels.KEY:* are answered: {part!r}")
        value = execution.asked.get("labels", {}).get(found[1])
        if value is None or found[2] not in (None, value):
            return False
    return True


def _container(spec: dict[str, Any]) -> dict[str, Any]:
    pools = spec.get("workerPoolSpecs") or []
    _require(len(pools) == 1, "job_spec.worker_pool_specs: exactly one is run here")
    (pool,) = pools
    container: dict[str, Any] = pool.get("containerSpec") or {}
    _require(bool(pool.get("machineSpec", {}).get("machineType")), "machine_spec.machine_type")
    _require(str(pool.get("replicaCount", "1")) == "1", "replica_count: 1 is run here")
    _require(bool(container.get("imageUri")), "container_spec.image_uri is required")
    _require(
        container.get("command") == COMMAND,
        f"container_spec.command: only the trainer's, {' '.join(COMMAND)}, is run here",
    )
    variables = container.get("env", [])
    _require(len(variables) <= _MOST_VARIABLES, "container_spec.env: at most 100")
    named = all(_VARIABLE.fullmatch(one.get("name", "")) and "value" in one for one in variables)
    _require(named, "container_spec.env: each has a name and a value")
    return container


def _plain(text: str) -> str:
    """The text as the container gets it: `$(NAME)` would be a variable, `$$(` is `$(`."""
    _require(not re.search(r"(?<!\$)\$\(", text), f"{text!r}: variables are not expanded here")
    return text.replace("$$(", "$(")


def _require(fine: bool, message: str) -> None:
    if not fine:
        raise BadJob(message)
