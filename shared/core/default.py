"""The desired default of a model: one object in STATE, changed by compare-and-swap only.

`serving` answers for the default straight from this object; other platforms are reconciled to it.
The rules live here as pure functions; who reads and writes is the business of the rooms above.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from shared.core.artifact import FORMAT
from shared.core.errors import NewerFormat


@dataclass(frozen=True)
class Default:
    """The default version of a model.

    order: `Source.order` of the version's source, or None where no order is known (a version that
    a person made; anything with an order is newer). pinned_by: who chose it by hand, else "".
    """

    model: str
    version: str
    deployment_uri: str
    order: tuple[str, int, str] | None = None
    pinned_by: str = ""
    previous: str = ""

    def to_json(self) -> bytes:
        """The stored object."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Default:
        """Reverse of `to_json`. Raises NewerFormat."""
        value: dict[str, Any] = json.loads(data)
        if value.pop("format") > FORMAT:
            raise NewerFormat("the default was written by a newer dropserve; upgrade this one")
        order = value.pop("order")
        return cls(order=tuple(order) if order else None, **value)


def successor(current: Default | None, candidate: Default) -> Default | None:
    """What the default becomes when `candidate` is ready, or None where it stays as it is.

    The newest source wins whatever the order of arrival; a pin stays.
    """
    if current is None:
        return candidate
    if current.version == candidate.version:  # chosen before anybody knew how new it is
        known = current.order is not None or candidate.order is None
        return None if known else replace(current, order=candidate.order)
    if current.pinned_by:
        return None
    if current.order is not None and (candidate.order or ("", 0, "")) <= current.order:
        return None
    return replace(candidate, previous=current.version)


def chosen(current: Default | None, choice: Default, by: str) -> Default | None:
    """What the default becomes when a person chooses `choice` by hand: it pins."""
    if current is not None and current.version == choice.version and current.pinned_by:
        return None
    previous = (
        current.previous
        if current and current.version == choice.version
        else (current.version if current else "")
    )
    return replace(choice, pinned_by=by, previous=previous)
