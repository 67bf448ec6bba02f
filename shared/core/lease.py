"""The lease of a drop's training: one attempt at a time, counted before it starts.

A lease keeps two attempts from doing the same work; that they cannot do harm rests on create-only
writes. So a wrong clock or a paused process costs time, never a second version.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from shared.core.artifact import FORMAT, without_format
from shared.core.errors import AttemptInProgress

HELD = "held"
RELEASED = "released"

Place = Literal["function", "job"]
FUNCTION: Place = "function"
JOB: Place = "job"


@dataclass(frozen=True)
class Lease:
    """attempt: attempts begun in this place and not given back; holder: a random word of the
    attempt's own; expires_at: RFC 3339; fault: what ended the last attempt that told; place: where
    the drop is trained, which changes once, from the function to a job."""

    attempt: int
    holder: str
    expires_at: str
    state: str = HELD
    fault: str = ""
    place: Place = FUNCTION

    def to_json(self) -> bytes:
        """The stored object."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Lease:
        """Reverse of `to_json`. Raises NewerFormat."""
        return cls(**without_format(json.loads(data), "the lease"))

    def renewed(self, now: datetime, seconds: float) -> Lease:
        """The same attempt, for `seconds` from now."""
        return replace(self, expires_at=(now + timedelta(seconds=seconds)).isoformat())

    def released(self, now: datetime, fault: str, *, counts: bool) -> Lease:
        """Given up at once. counts: False gives the attempt back, so that it never was one."""
        attempt = self.attempt if counts else self.attempt - 1
        return replace(self, state=RELEASED, fault=fault, attempt=attempt).renewed(now, 0)

    def handed_over(self, now: datetime, seconds: float) -> Lease:
        """Given to a job, which has so many seconds to begin before the function asks again."""
        begun = self.attempt if self.place == JOB else 0
        handed = replace(self, state=RELEASED, place=JOB, attempt=begun)
        return handed.renewed(now, seconds)

    def alive(self, now: datetime) -> bool:
        """Whether its time has not run out."""
        return datetime.fromisoformat(self.expires_at) > now


def claim(
    current: Lease | None, holder: str, now: datetime, seconds: float, place: Place = FUNCTION
) -> Lease:
    """The lease of the next attempt in a place. Raises AttemptInProgress while another is alive.

    The function never takes back what a job was given: it may claim that only to hand it over
    again, which is no attempt.
    """
    fresh = Lease(1, holder, "", place=place).renewed(now, seconds)
    if current is None:
        return fresh
    if current.state == HELD and current.alive(now):
        raise AttemptInProgress(
            f"attempt {current.attempt} at this drop holds its lease until {current.expires_at}"
        )
    if place == current.place:
        return replace(fresh, attempt=current.attempt + 1, fault=current.fault)
    if place == JOB:
        return replace(fresh, fault=current.fault)
    return replace(fresh, attempt=current.attempt, fault=current.fault, place=JOB)
