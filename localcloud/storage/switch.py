"""Test switches: how the local storage can be made as unkind as the real one may be."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from localcloud.storage.error import invalid, too_many_writes
from shared.core import roles

Generations = Literal["microseconds", "falling", "colliding", "tiny"]
GENERATIONS: tuple[Generations, ...] = ("microseconds", "falling", "colliding", "tiny")

Right = tuple[str, str, str, str]
"""(account, kind of bucket, prefix, permission): one permission of one row of the roles table."""


@dataclass
class Fault:
    """Fail the next `count` requests that match.

    status: answer this instead; 0: drop the connection. after: do the work first, so that only
    the answer is lost.
    """

    method: str = ""
    path_contains: str = ""
    status: int = 503
    count: int = 1
    after: bool = False

    def matches(self, method: str, path: str) -> bool:
        """Whether it strikes here; path with its query, as it came over the wire."""
        return self.count > 0 and self.method.upper() in ("", method) and self.path_contains in path


@dataclass
class Switches:
    """Plain attributes, set by tests or over the admin route.

    generations: "microseconds" as Google's; "falling" with time; "colliding": the same number for
    different objects; "tiny": 1, 2, 3. revoked: what the table grants and is taken away.
    """

    one_write_per_second: bool = False
    generations: Generations = "microseconds"
    faults: list[Fault] = field(default_factory=list)
    revoked: frozenset[Right] = frozenset()
    _written: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Switches:
        """From texts: `one_write_per_second` "1", `generations` a word, `faults` a JSON list."""
        switches = cls()
        switches.change(
            {
                key: json.loads(value) if key == "faults" else value
                for key, value in settings.items()
                if key in ("one_write_per_second", "generations", "faults")
            }
        )
        return switches

    def change(self, values: Mapping[str, Any]) -> None:
        """Set some of them. Raises ApiError (400) for what is none."""
        for key, value in values.items():
            if key == "one_write_per_second":
                self.one_write_per_second = value in (True, 1, "1", "true")
            elif key == "generations" and value in GENERATIONS:
                self.generations = value
            elif key == "faults":
                self.faults = [Fault(**fault) for fault in value]
            elif key == "revoked" and granted().issuperset(map(tuple, value)):
                self.revoked = frozenset(map(tuple, value))
            else:
                raise invalid(f"No such switch: {key}={value!r}.")

    def as_dict(self) -> dict[str, Any]:
        """The switches as JSON."""
        return {
            "one_write_per_second": self.one_write_per_second,
            "generations": self.generations,
            "faults": [asdict(fault) for fault in self.faults],
            "revoked": sorted(self.revoked),
        }

    def withholds(self, grant: roles.Grant, permission: str) -> bool:
        """Whether that permission of that row has been taken away."""
        return (grant.account, grant.bucket, grant.prefix, permission) in self.revoked

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that befalls this request, counted down."""
        for fault in self.faults:
            if fault.matches(method, path):
                fault.count -= 1
                return fault
        return None

    def count_write(self, bucket: str, name: str) -> None:
        """Note a mutation of a name. Raises ApiError (429) for the second within a second."""
        if not self.one_write_per_second:
            return
        now = time.monotonic()
        if now - self._written.get((bucket, name), float("-inf")) < 1:
            raise too_many_writes(bucket, name)
        self._written[bucket, name] = now


def granted() -> set[Right]:
    """Every right of the roles table."""
    return {
        (grant.account, grant.bucket, grant.prefix, permission)
        for grant in roles.GRANTS
        for permission in grant.permissions
    }
