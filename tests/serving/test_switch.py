"""Switches and rollbacks under load, on three instances; `./run bench switch` plays many."""

from __future__ import annotations

from pathlib import Path

from benchmarks import switch


def test_no_answer_fails_or_is_wrong_or_stale_while_the_default_moves(tmp_path: Path) -> None:
    tally = switch.campaign(tmp_path, moves=16, every=0.15, rate=150)
    assert tally.faults == []
    assert tally.moves == {"switch": 12, "rollback": 4}
    assert tally.answers["right"] > 100
