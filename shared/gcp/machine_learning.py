"""The ml v1 client: its resources, and what its refusals mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.auth.credentials import Credentials
from googleapiclient.errors import HttpError

from shared.core.errors import DropserveError, PermanentError, VersionNotReady
from shared.gcp.discovery import DiscoveryClient, service
from shared.gcp.status import Answer, platform_error


@dataclass(frozen=True)
class Resources:
    """The resources of ml v1. Kept, because the library makes each anew (0.6 ms) when asked."""

    projects: Any
    models: Any
    versions: Any
    operations: Any


MachineLearning = DiscoveryClient[Resources]


def machine_learning(url: str, credentials: Credentials, *, deadline: float) -> MachineLearning:
    """The client of one address."""
    return DiscoveryClient(url, credentials, _resources, _refused, deadline=deadline)


def _resources(address: str) -> Resources:
    projects = service("ml", "v1", address).projects()
    models = projects.models()
    return Resources(projects, models, models.versions(), projects.operations())


def _refused(error: HttpError, missing: type[PermanentError]) -> DropserveError:
    answer = Answer.parse(error.content)
    if answer.status == "FAILED_PRECONDITION" and error.uri.split("?")[0].endswith(":predict"):
        return VersionNotReady(answer.message)
    return platform_error(error.status_code, answer, missing)
