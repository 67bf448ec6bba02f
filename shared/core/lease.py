"""The lease of a drop's training: one attempt at a time, counted before it starts.

A lease keeps two attempts from doing the same work; that they cannot do harm rests on create-only
writes. So a wrong clock or a paused process costs time, never a second version.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from shared.core.artifact import FORMAT
from shared.core.errors import AttemptInProgress, NewerFormat

HELD = "held"
RELEASED = "released"


@dataclass(frozen=True)
class Lease:
    """attempt: attempts begun and not given back; holder: a random word of the attempt's own;
    expires_at: RFC 3339; fault: what ended the last attempt that told."""

    attempt: int
    holder: str
    expires_at: str
    state: str = HELD
    fault: str = ""

    def to_json(self) -> bytes:
        """The stored object."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Lease:
        """Reverse of `to_json`. Raises NewerFormat."""
        value = json.loads(data)
        if value.pop("format") > FORMAT:
            raise NewerFormat("the lease was written by a newer dropserve; upgrade this one")
        return cls(**value)

    def renewed(self, now: datetime, seconds: float) -> Lease:
        """The same attempt, for `seconds` from now."""
        return replace(self, expires_at=(now + timedelta(seconds=seconds)).isoformat())

    def released(self, fault: str, *, counts: bool) -> Lease:
        """Given up at once. counts: False gives the attempt back, so that it never was one."""
        attempt = self.attempt if counts else self.attempt - 1
        return replace(self, state=RELEASED, fault=fault, attempt=attempt)


def claim(current: Lease | None, holder: str, now: datetime, seconds: float) -> Lease:
    """The lease of the next attempt. Raises AttemptInProgress while another one is alive."""
    fresh = Lease(1, holder, "").renewed(now, seconds)
    if current is None:
        return fresh
    if current.state == HELD and datetime.fromisoformat(current.expires_at) > now:
        raise AttemptInProgress(
            f"attempt {current.attempt} at this drop holds its lease until {current.expires_at}"
        )
    return replace(fresh, attempt=current.attempt + 1, fault=current.fault)
