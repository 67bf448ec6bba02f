"""What stands behind a version in a listing."""

from __future__ import annotations

from typing import Any

import pytest

from cli.versions import is_passed
from shared.core.default import Default
from shared.core.source import Source

EARLY, LATE = (
    Source("data", "data/m/x.csv", generation, f"2026-11-22T18:00:52.{generation}Z")
    for generation in (100, 900)
)


def steps(source: Source, reason: str) -> dict[str, dict[str, Any]]:
    """What the ledger tells of a version that is ready."""
    return {
        "created": {"source": source.as_dict()},
        "ready": {"version": f"v{source.stamp}", "reason": reason},
    }


def default(source: Source) -> Default:
    return Default("m", f"v{source.stamp}", "gs://models/x/", order=source.order)


@pytest.mark.parametrize("reason", ["pinned", "frozen"])
def test_of_two_versions_of_one_second_the_one_of_the_later_source_waits(reason: str) -> None:
    assert LATE.stamp < EARLY.stamp, "the names sort the other way round"
    assert not is_passed(steps(LATE, reason), default(EARLY))
    assert is_passed(steps(EARLY, reason), default(LATE))


def test_a_held_version_waits_whatever_is_newer() -> None:
    assert not is_passed(steps(EARLY, "held"), default(LATE))


def test_one_that_came_too_late_waits_for_nobody() -> None:
    assert is_passed(steps(LATE, "superseded_by_newer"), default(EARLY))
