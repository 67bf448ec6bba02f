"""The time as it is written down."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.core.clock import timestamp


def test_timestamps_are_utc_with_milliseconds() -> None:
    assert timestamp(datetime(2026, 11, 22, 13, tzinfo=UTC)) == "2026-11-22T13:00:00.000Z"
