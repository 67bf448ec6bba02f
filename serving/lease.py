"""Leases: how long whoever began something is left alone with it, written into the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.clock import timestamp


@dataclass(frozen=True)
class Lease:
    """Leases of so many seconds."""

    clock: Callable[[], datetime]
    seconds: float = 60.0

    def until(self) -> str:
        """When a lease that begins now is over (RFC 3339, UTC)."""
        return timestamp(self.clock() + timedelta(seconds=self.seconds))

    def over(self, until: str) -> bool:
        """Whether it is; "" is over."""
        return until <= timestamp(self.clock())
