"""What became of a drop, in a word."""

from __future__ import annotations

import pytest

from shared.core.page.facts import Facts
from shared.status import word
from shared.web import story

OLD, NEW = "v20260101_000000_00000001", "v20260102_000000_00000002"


@pytest.mark.parametrize(
    ("facts", "live", "said"),
    [
        ({"state": "live", "version": OLD}, OLD, "live"),
        ({"state": "live", "version": OLD}, NEW, "was live"),
        ({"state": "ready", "reason": "pinned", "version": NEW}, OLD, "waiting"),
        ({"state": "ready", "reason": "pinned", "version": OLD}, NEW, "passed over"),
        ({"state": "ready", "reason": "frozen", "version": OLD}, NEW, "passed over"),
        ({"state": "ready", "reason": "held", "version": OLD}, NEW, "held"),
        ({"state": "ready", "reason": "superseded_by_newer", "version": OLD}, NEW, "passed over"),
    ],
)
def test_a_drop_is_said_as_it_stands_now(facts: dict[str, str], live: str, said: str) -> None:
    assert word.state(Facts(facts), live)[1] == said


def test_what_waited_and_was_made_live_was_live() -> None:
    drop = {
        "state": "ready",
        "reason": "pinned",
        "version": OLD,
        "chosen": {"step": "promoted", "at": "2026-01-01T00:00:00Z"},
    }
    assert word.state(Facts(drop), NEW) == ("", "was live")
    told = story.story("iris", {"drops": [drop]}, "p")
    assert told["drops"][0]["state"] == "live"
