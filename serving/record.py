"""What the registry stores: models, versions and operations, as JSON objects with a format."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from shared.core.artifact import FORMAT, without_format


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Gives a record its stored form. revision: set anew by every write."""

    revision: str = ""

    def to_json(self) -> bytes:
        """The stored object; equal records give equal bytes."""
        body = {"format": FORMAT, **asdict(self)}
        return json.dumps(body, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Reverse of `to_json`. Raises NewerFormat."""
        return cls(**without_format(json.loads(data), "the registry"))


@dataclass(frozen=True)
class Model(Stored):
    """A model. fields: what its maker set, in ml v1's words.

    deleting_until: the lease of the call that deletes it; it is being deleted until that is over.
    """

    name: str
    create_time: str
    fields: dict[str, Any] = field(default_factory=dict)
    deleting_until: str = ""


@dataclass(frozen=True)
class Version(Stored):
    """A version of a model. fields: what its maker set, in ml v1's words.

    state: CREATING, READY, FAILED or DELETING. operation: the one that creates it. lease_until:
    how long whoever creates or deletes it is left alone. generation: of the model file that was
    proven, 0 until then; card: its card's sha256, "" for none; nothing else is ever loaded for
    this version. order: `Source.order` of what it comes from, where that is known.
    """

    model: str
    name: str
    state: str
    create_time: str
    operation: str
    fields: dict[str, Any] = field(default_factory=dict)
    lease_until: str = ""
    created_by: str = ""
    error_message: str = ""
    generation: int = 0
    card: str | None = None
    order: list[Any] | None = None

    @property
    def deployment_uri(self) -> str:
        """The directory that it was made from."""
        return str(self.fields["deploymentUri"])


@dataclass(frozen=True)
class Operation(Stored):
    """A long-running operation. response: the body it ended with; error: {code, message}."""

    name: str
    kind: str
    model: str
    version: str
    create_time: str
    end_time: str = ""
    done: bool = False
    cancelled: bool = False
    response: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
