"""Training jobs: Cloud Run jobs (v2), or whatever answers for them at the address given."""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import quote

import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from shared.core.errors import JobsUnavailable, PermissionDenied
from shared.gcp.credentials import credentials_error
from shared.gcp.status import Answer, jobs_error

_TIMEOUT_SECONDS = (5.0, 30.0)


class JobsWire:
    """Asks a service that runs jobs; every failure is one of the tree. Needs no discovery document,
    which costs more memory than a function that is about to hand a drop over may have left."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._url, self._credentials = url, credentials

    def __call__(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        """The answer's JSON object. given: `json` or `params`, as requests takes them."""
        address = f"{self._url}/{quote(path, safe='/:')}"
        try:
            answer = self._session.request(method, address, timeout=_TIMEOUT_SECONDS, **given)
        except GoogleAuthError as error:
            raise credentials_error(error, JobsUnavailable) from error
        except requests.RequestException as error:
            raise JobsUnavailable(f"{address}: {type(error).__name__}: {error}") from error
        if answer.status_code != 200:
            said = Answer.parse(answer.content)
            raise jobs_error(answer.status_code, f"{address}: {said.message or said.status}")
        return _object(answer)

    def close(self) -> None:
        """Close the idle connection."""
        self._session.close()

    @functools.cached_property
    def _session(self) -> AuthorizedSession:
        return AuthorizedSession(self._credentials)


class CloudRunJobs:
    """`TrainingJobs` over `jobs.run` of the Cloud Run Admin API, in one request a start.

    job: `projects/P/locations/L/jobs/J`. The container's command is the trainer, and its argument
    is overridden for the execution. Source: cloud.google.com/run/docs/reference/rest/v2.
    """

    def __init__(self, url: str, job: str, credentials: Credentials, max_bytes: int) -> None:
        self._wire, self._job = JobsWire(url, credentials), job
        self._max_bytes = max_bytes

    @property
    def max_bytes(self) -> int:
        """Bytes of CSV that a job may be given."""
        return self._max_bytes

    def start(self, inputs_uri: str) -> str:
        """Start an execution; its name, or the operation's where that is all that is told."""
        body = {"overrides": {"containerOverrides": [{"args": [inputs_uri]}]}}
        operation = self._wire("POST", f"v2/{self._job}:run", json=body)
        try:
            return str(operation.get("metadata", {}).get("name") or operation["name"])
        except (KeyError, AttributeError) as error:
            raise JobsUnavailable(f"the answer names no execution: {error!r}") from error

    def close(self) -> None:
        """Close the idle connection."""
        self._wire.close()


class NoJobs:
    """`TrainingJobs` where none are set up: nothing is ever handed over."""

    @property
    def max_bytes(self) -> int:
        """0: there are no jobs here."""
        return 0

    def start(self, inputs_uri: str) -> str:
        """Raises PermissionDenied."""
        raise PermissionDenied(
            f"no job is set up for {inputs_uri}: set TRAINING_JOB, VERTEX_JOB_IMAGE or BATCH_JOB"
        )


def _object(answer: requests.Response) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError as error:
        raise JobsUnavailable(f"the answer is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise JobsUnavailable("the answer is no JSON object")
    return value
