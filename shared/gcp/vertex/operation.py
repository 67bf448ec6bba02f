"""Long-running operations: looked at by name, waited for within limits, their errors mapped."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from shared.core.errors import (
    AlreadyExists,
    DropserveError,
    InvalidRequest,
    OperationNotFound,
    PlatformUnavailable,
    VersionNotReady,
)
from shared.gcp.vertex.client import NotNow, Resources, VertexClient
from shared.gcp.vertex.name import last

Operation = dict[str, Any]

_NAME = re.compile(r"projects/[^/]+/locations/[^/]+/((models|endpoints)/[^/]+/)?operations/[^/]+")
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 5.0
_ERRORS: dict[int, type[DropserveError]] = {6: AlreadyExists, 9: NotNow}
_PASSING = {4, 8, 10, 14}
"""google.rpc codes that say nothing of the model: a deadline, no machines free, a conflict, an
outage. The same call may succeed later."""


class Operations:
    """patience: seconds that steps of one call are waited for in all; sleep: as time.sleep."""

    def __init__(
        self, client: VertexClient, patience: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client, self._patience, self._sleep = client, patience, sleep

    def get(self, name: str) -> Operation:
        """Raises OperationNotFound."""
        if not _NAME.fullmatch(name):
            raise OperationNotFound(f"{name[:200]!r} is no operation of Vertex AI")
        found: Operation = self._client.call(
            lambda api: _collection(api, name).get(name=name), OperationNotFound
        )
        return found

    def under(self, name: str) -> list[Operation]:
        """Those of a model or an endpoint, the latest first; none where it is not there."""
        found: list[Operation] = []
        token = None
        while True:
            try:
                page = self._page(name, token)
            except OperationNotFound:
                return found
            found += page.get("operations", [])
            token = page.get("nextPageToken")
            if not token:
                return sorted(found, key=_created, reverse=True)

    def finish(self, operation: Operation) -> Operation:
        """The operation when it has succeeded. Raises what it failed with, VersionNotReady where
        it takes longer than the patience: the next delivery finds it."""
        end, pause = time.monotonic() + self._patience, _FIRST_PAUSE
        while not operation.get("done"):
            if time.monotonic() > end:
                raise VersionNotReady(f"operation {operation['name']} still runs")
            self._sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            operation = self.get(operation["name"])
        if failed := failure(operation):
            raise failed
        return operation

    def insist(self, begin: Callable[[], Operation]) -> None:
        """Begin an operation and finish it, again while what is there forbids it."""
        end, pause = time.monotonic() + self._patience, _FIRST_PAUSE
        while True:
            try:
                self.finish(begin())
                return
            except NotNow as error:
                if time.monotonic() > end:
                    raise PlatformUnavailable(str(error)) from error
            self._sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _page(self, name: str, token: str | None) -> dict[str, Any]:
        page: dict[str, Any] = self._client.call(
            lambda api: _collection(api, f"{name}/operations/-").list(name=name, pageToken=token),
            OperationNotFound,
        )
        return page


def failure(operation: Operation) -> DropserveError | None:
    """Why it failed; None while it runs and when it succeeded."""
    error = operation.get("error")
    if not error:
        return None
    message = str(error.get("message") or error)
    code = error.get("code")
    if code in _PASSING:
        return PlatformUnavailable(message)
    return _ERRORS.get(code, InvalidRequest)(message)


def is_a(operation: Operation, kind: str) -> bool:
    """Whether it does `kind`: "DeployModel", "UploadModel", ..."""
    said = str(operation.get("metadata", {}).get("@type", ""))
    return last(said).endswith(f".{kind}OperationMetadata")


def _created(operation: Operation) -> str:
    about = operation.get("metadata", {}).get("genericMetadata", {})
    return str(about.get("createTime", ""))


def _collection(api: Resources, name: str) -> Any:
    """Who answers for an operation of this name."""
    if "/models/" in name:
        return api.model_operations
    return api.endpoint_operations if "/endpoints/" in name else api.operations
