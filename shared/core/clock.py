"""The time: what every process but a simulation takes for its clock, and how it is written down."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
