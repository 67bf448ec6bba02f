"""The aiplatform v1 client: its resources, and what its refusals mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.auth.credentials import Credentials
from googleapiclient.errors import HttpError

from shared.core.errors import DropserveError, InvalidRequest, PermanentError
from shared.gcp.discovery import DiscoveryClient, service
from shared.gcp.status import Answer, platform_error


class NotNow(InvalidRequest):
    """What is there forbids the call (FAILED_PRECONDITION): an operation that runs, traffic, a
    deployment not yet released. A look at it tells whether trying again helps."""


@dataclass(frozen=True)
class Resources:
    """The resources of aiplatform v1 that are asked. Making them costs 30 ms, once."""

    models: Any
    endpoints: Any
    operations: Any
    model_operations: Any
    endpoint_operations: Any


VertexClient = DiscoveryClient[Resources]


def vertex_client(url: str, credentials: Credentials, *, deadline: float) -> VertexClient:
    """The client of one region's address."""
    return DiscoveryClient(url, credentials, _resources, _refused, deadline=deadline)


def _resources(address: str) -> Resources:
    location = service("aiplatform", "v1", address).projects().locations()
    models, endpoints = location.models(), location.endpoints()
    return Resources(
        models, endpoints, location.operations(), models.operations(), endpoints.operations()
    )


def _refused(error: HttpError, missing: type[PermanentError]) -> DropserveError:
    answer = Answer.parse(error.content)
    if answer.status == "FAILED_PRECONDITION":
        return NotNow(answer.message)
    return platform_error(error.status_code, answer, missing)
