"""Operations: what clients poll. Ours are mostly done when they are first told of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from serving.document import Documents, Held
from serving.page import Page, listing
from serving.record import Operation, Version
from serving.refusal import Refusal
from serving.wire import operation_body
from shared.core import artifact
from shared.core.clock import timestamp
from shared.core.errors import PreconditionFailed

Clock = Callable[[], datetime]

KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 20
MICROSECONDS = 1_000_000


def operation_name(kind: str, now: datetime, *parts: str) -> str:
    """`create_iris_v1-1700000000000000`: says what it does, and microseconds make it unique."""
    words = "_".join((kind.split("_")[0].lower(), *parts))
    return f"{words}-{int(now.timestamp() * MICROSECONDS)}"


def _made(name: str) -> int:
    """The time in an operation's name, in microseconds since 1970."""
    return int(artifact.registry_id(name).rpartition("-")[2])


@dataclass(frozen=True)
class Operations:
    """The operations of the project."""

    documents: Documents
    project: str
    clock: Clock

    def done(self, kind: str, model: str, version: str, response: dict[str, Any] | None) -> Any:
        """Write down something that has been done at once, and give its body."""
        now = self.clock()
        name = operation_name(kind, now, *filter(None, (model, version)))
        at = timestamp(now)
        operation = Operation(name, kind, model, version, at, at, True, response=response)
        self.documents.create(artifact.registry_operation_name(name), operation)
        return operation_body(self.project, operation)

    def pending(self, version: Version) -> dict[str, Any]:
        """The operation that creates a version, while it runs; what it is by now, if it ended."""
        operation = _creation(version)
        try:
            self.documents.create(artifact.registry_operation_name(operation.name), operation)
        except PreconditionFailed:
            operation = self.find(operation.name).value
        return operation_body(self.project, operation)

    def settle(self, version: Version, response: dict[str, Any] | None, error: str) -> Any:
        """End the operation that creates a version, well or badly; the first end stays."""
        ended = replace(
            _creation(version),
            end_time=timestamp(self.clock()),
            done=True,
            response=response,
            error={"code": 3, "message": error} if error else None,
        )
        name = artifact.registry_operation_name(ended.name)
        try:
            held = self.documents.create(name, ended)
        except PreconditionFailed:
            found = self.documents.change(
                name,
                Operation,
                lambda now: None if now.done else replace(ended, cancelled=now.cancelled),
            )
            held = found or Held(name, ended, 0)
        return operation_body(self.project, held.value)

    def find(self, name: str) -> Held[Operation]:
        """Refusal 404 where there is none."""
        held = self.documents.find(artifact.registry_operation_name(name), Operation)
        if held is None:
            raise Refusal(404, f'The operation resource: "{name}" was not found.', "name")
        return held

    def list(self, page: Page) -> dict[str, Any]:
        """`{operations: []}`, by name. Forgets some of those that nobody asks for any more."""
        oldest = int((self.clock() - KEPT).timestamp() * MICROSECONDS)
        everything = self.documents.names(artifact.registry_operation_name())
        old = [name for name in everything if _made(name) < oldest]
        for held in self.documents.read_all(old[:FORGOTTEN_AT_ONCE], Operation):
            self.documents.delete(held)
        names, token = page.cut([name for name in everything if _made(name) >= oldest])
        found = self.documents.read_all(names, Operation)
        return listing(
            "operations", [operation_body(self.project, held.value) for held in found], token
        )

    def cancel(self, name: str) -> dict[str, Any]:
        """Note the wish on an operation that runs; what is done stays done."""
        self.find(name)
        self.documents.change(
            artifact.registry_operation_name(name),
            Operation,
            lambda now: None if now.done or now.cancelled else replace(now, cancelled=True),
        )
        return {}


def _creation(version: Version) -> Operation:
    return Operation(
        version.operation, "CREATE_VERSION", version.model, version.name, version.create_time
    )
