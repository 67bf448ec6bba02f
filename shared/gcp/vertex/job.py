"""Training jobs on Vertex AI: `customJobs` (v1), found by a label of ours before one is created.

Google gives a custom job its name, so creating one twice makes two. The label says what a job
trains on: a drop that came again finds the job that is at work for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from google.auth.credentials import Credentials

from shared.core.errors import DropserveError, JobsUnavailable
from shared.gcp.jobs import JobsWire
from shared.gcp.vertex.name import Location

LABEL = "dropserve-inputs"
"""On a custom job: a digest of the address of its `inputs.json`."""
COMMAND = ("python", "-m", "shared.job")

ENDED = frozenset(
    f"JOB_STATE_{word}"
    for word in (
        *("SUCCEEDED", "PARTIALLY_SUCCEEDED", "FAILED", "EXPIRED"),
        *("CANCELLING", "CANCELLED"),
    )
)
"""States of a job that will train no more. Every other one (QUEUED, PENDING, RUNNING, PAUSED,
UPDATING, and what Google may add) is that of a job at work: a second would meet its lease."""

_LONGEST_NAME = 128
_PAGE = 100


@dataclass(frozen=True)
class Trainer:
    """What a job runs: image, machine, account (an e-mail address), seconds at the most, and the
    settings that it is told. key: the Cloud KMS key of its disk, "" for Google's own."""

    image: str
    machine_type: str
    account: str
    seconds: float
    environment: Mapping[str, str] = field(default_factory=dict)
    key: str = ""

    def body(self, inputs_uri: str) -> dict[str, Any]:
        """The custom job. Source: the discovery document aiplatform:v1, schema CustomJob."""
        container = {
            "imageUri": self.image,
            "command": list(COMMAND),
            "args": [_literal(inputs_uri)],
            "env": [{"name": n, "value": _literal(v)} for n, v in self.environment.items()],
        }
        machine = {"machineType": self.machine_type}
        pool = {"machineSpec": machine, "replicaCount": "1", "containerSpec": container}
        return {
            "displayName": f"train {inputs_uri}"[:_LONGEST_NAME],
            "labels": {LABEL: label(inputs_uri)},
            **({"encryptionSpec": {"kmsKeyName": self.key}} if self.key else {}),
            "jobSpec": {
                "workerPoolSpecs": [pool],
                "serviceAccount": self.account,
                "scheduling": {"timeout": f"{self.seconds:.0f}s"},
            },
        }


class VertexJobs:
    """`TrainingJobs` over `customJobs`: list, create, and cancel what proves to be one too many."""

    def __init__(
        self, url: str, location: Location, credentials: Credentials, trainer: Trainer, most: int
    ) -> None:
        self._wire, self._trainer = JobsWire(url, credentials), trainer
        self._jobs = f"v1/{location.name}/customJobs"
        self._max_bytes = most

    @property
    def max_bytes(self) -> int:
        """Bytes of CSV that a job may be given."""
        return self._max_bytes

    def start(self, inputs_uri: str) -> str:
        """The job that is at work on these inputs, or a new one; its name.

        Two deliveries may both create one. Each then looks again: the older job stays, and whoever
        created another one cancels that. If neither sees the other's, the lease lets one train.
        """
        if at_work := self._at_work(inputs_uri):
            return at_work[0]
        mine = _name(self._wire("POST", self._jobs, json=self._trainer.body(inputs_uri)))
        with suppress(DropserveError):  # the job is there; what follows only saves its twin's cost
            first = next(iter(self._at_work(inputs_uri)), mine)
            if first != mine:
                self._wire("POST", f"v1/{mine}:cancel", json={})
                return first
        return mine

    def close(self) -> None:
        """Close the idle connection."""
        self._wire.close()

    def _at_work(self, inputs_uri: str) -> list[str]:
        """Names of the jobs on these inputs that have not ended, the oldest first."""
        query = {"filter": f'labels.{LABEL}="{label(inputs_uri)}"', "pageSize": str(_PAGE)}
        found: list[dict[str, Any]] = []
        while True:
            page = self._wire("GET", self._jobs, params=query)
            found += page.get("customJobs", [])
            if not (token := page.get("nextPageToken")):
                living = [job for job in found if job.get("state") not in ENDED]
                return [_name(job) for job in sorted(living, key=_age)]
            query["pageToken"] = token


def label(inputs_uri: str) -> str:
    """The label's value for an `inputs.json`: at most 63 of a-z, 0-9."""
    return hashlib.sha256(inputs_uri.encode()).hexdigest()[:40]


def _literal(text: str) -> str:
    """The text, where `$(NAME)` would be taken for a variable."""
    return text.replace("$(", "$$(")


def _age(job: dict[str, Any]) -> tuple[str, str]:
    return str(job.get("createTime", "")), _name(job)


def _name(job: dict[str, Any]) -> str:
    if not isinstance(job.get("name"), str):
        raise JobsUnavailable("the answer names no custom job")
    return str(job["name"])
