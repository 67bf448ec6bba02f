"""A training job as ml v1 describes it: read from a request, kept in a file, shown as a resource.

Source: the discovery document `ml:v1`, schemas GoogleCloudMlV1__Job and __TrainingInput.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

QUEUED, RUNNING = "QUEUED", "RUNNING"
CANCELLING = "CANCELLING"
SUCCEEDED, FAILED, CANCELLED = "SUCCEEDED", "FAILED", "CANCELLED"
ENDED = frozenset({SUCCEEDED, FAILED, CANCELLED})

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
_URI = re.compile(r"gs://[^/]+/.+")


class BadJob(ValueError):
    """The job cannot be run; the message names the field."""


@dataclass(frozen=True)
class Job:
    """One job. Times are RFC 3339 in UTC, empty until they come; error: why it failed."""

    id: str
    training_input: dict[str, Any]
    created: str
    labels: dict[str, str] = field(default_factory=dict)
    state: str = QUEUED
    started: str = ""
    ended: str = ""
    error: str = ""

    @classmethod
    def of(cls, body: dict[str, Any], created: str) -> Job:
        """The job of a `jobs.create`. Raises BadJob."""
        identity = body.get("jobId")
        if not isinstance(identity, str) or not _NAME.fullmatch(identity):
            raise BadJob(
                "jobId: letters, digits and underscores, beginning with a letter, at most 128"
            )
        if "predictionInput" in body:
            raise BadJob("predictionInput: batch prediction jobs are not answered here")
        labels = body.get("labels") or {}
        return cls(identity, _training(body.get("trainingInput")), created, labels)

    @property
    def module(self) -> str:
        """The module that is run."""
        return str(self.training_input["pythonModule"])

    @property
    def packages(self) -> list[str]:
        """`gs://` addresses of the archives that hold it."""
        return list(self.training_input["packageUris"])

    @property
    def args(self) -> list[str]:
        """The module's arguments; the job's folder comes last, as AI Platform passed it."""
        folder = self.training_input.get("jobDir")
        told = list(self.training_input.get("args", ()))
        return [*told, *(["--job-dir", folder] if folder else [])]

    def resource(self) -> dict[str, Any]:
        """The job as the API shows it; an absent field is left out, as there."""
        shown = {
            "jobId": self.id,
            "trainingInput": self.training_input,
            "createTime": self.created,
            "startTime": self.started,
            "endTime": self.ended,
            "state": self.state,
            "errorMessage": self.error,
            "labels": self.labels,
            "etag": base64.b64encode(hashlib.sha256(self.to_json()).digest()[:8]).decode(),
        }
        return {key: value for key, value in shown.items() if value}

    def to_json(self) -> bytes:
        """The stored form."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Job:
        """Reverse of `to_json`."""
        return cls(**json.loads(data))


def _training(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadJob("trainingInput: an object is required")
    if "masterConfig" in value:
        raise BadJob("trainingInput.masterConfig: containers are not run here; use packageUris")
    packages = value.get("packageUris")
    if not _are_texts(packages) or not packages or not all(map(_URI.fullmatch, packages)):
        raise BadJob("trainingInput.packageUris: at least one gs://BUCKET/NAME is required")
    if not isinstance(value.get("pythonModule"), str) or not value["pythonModule"]:
        raise BadJob("trainingInput.pythonModule: the name of a module is required")
    if not _are_texts(value.get("args", [])):
        raise BadJob("trainingInput.args: a list of texts is required")
    if not isinstance(value.get("jobDir", ""), str):
        raise BadJob("trainingInput.jobDir: a text is required")
    return value


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
