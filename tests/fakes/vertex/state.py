"""What Vertex AI holds: uploads, endpoints, deployments, operations that take their time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.vertex.refusal import CODE, Refusal

TIME = "2026-11-22T13:00:00Z"


@dataclass
class Upload:
    """One version in the registry. released: how many looks it still seems deployed."""

    model: str
    number: int
    body: dict[str, Any]
    aliases: set[str]
    held: int = 0


@dataclass
class Deployed:
    """What runs at an endpoint."""

    id: str
    upload: Upload
    body: dict[str, Any]


@dataclass
class EndpointState:
    """One endpoint."""

    id: str
    body: dict[str, Any]
    deployed: dict[str, Deployed] = field(default_factory=dict)
    split: dict[str, int] = field(default_factory=dict)
    generation: int = 1


@dataclass
class Running:
    """A long-running operation. left: how often it is still seen running; age: in requests."""

    name: str
    kind: str
    created: str
    effect: Callable[[], dict[str, Any]]
    left: int
    age: int = 0
    done: bool = False
    response: dict[str, Any] | None = None
    error: dict[str, Any] | None = None

    def end(self) -> None:
        """Take effect, or fail."""
        self.done = True
        try:
            self.response = self.effect()
        except Refusal as refusal:
            self.error = {"code": CODE.get(refusal.status, 3), "message": str(refusal)}

    def resource(self) -> dict[str, Any]:
        """As it is answered."""
        package = "type.googleapis.com/google.cloud.aiplatform.v1"
        about = {"createTime": self.created, "updateTime": self.created}
        answer: dict[str, Any] = {
            "name": self.name,
            "metadata": {
                "@type": f"{package}.{self.kind}OperationMetadata",
                "genericMetadata": about,
            },
        }
        if self.done:
            answer["done"] = True
        if self.error:
            answer["error"] = self.error
        elif self.response is not None:
            answer["response"] = {"@type": f"{package}.{self.kind}Response", **self.response}
        return answer


@dataclass
class State:
    """Everything in one location.

    polls: how often an operation is seen running; longest: requests of any kind after which it
    ends though nobody looks.
    """

    polls: int = 1
    longest: int = 12
    models: dict[str, dict[int, Upload]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    endpoints: dict[str, EndpointState] = field(default_factory=dict)
    operations: dict[str, Running] = field(default_factory=dict)
    _count: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def begin(self, parent: str, kind: str, effect: Callable[[], dict[str, Any]]) -> Running:
        """A new operation below a resource."""
        number = next(self._count)
        name = f"{parent}/operations/{number:019d}"
        created = f"2026-11-22T13:00:00.{number:06d}Z"
        self.operations[name] = Running(name, kind, created, effect, self.polls)
        return self.operations[name]

    def look(self, operation: Running, *, held: bool) -> dict[str, Any]:
        """One look at an operation brings it nearer to its end, unless it is held."""
        if not operation.done and not held:
            operation.left -= 1
            if operation.left < 0:
                operation.end()
        return operation.resource()

    def age(self, *, held: bool) -> None:
        """Time passes for what runs."""
        for operation in list(self.operations.values()):
            operation.age += 1
            waits = held and operation.kind == "DeployModel"
            if not operation.done and not waits and operation.age > self.longest:
                operation.end()

    def busy(self, parent: str) -> list[str]:
        """Operations that run on a resource."""
        return [
            one.name
            for one in self.operations.values()
            if one.name.startswith(f"{parent}/operations/") and not one.done
        ]

    def deployed(self, upload: Upload) -> bool:
        """Whether any endpoint runs it."""
        return any(
            one.upload is upload
            for endpoint in self.endpoints.values()
            for one in endpoint.deployed.values()
        )
