"""The gate over whole trainings, as `./run bench gate` measures it, run small."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks import gate


@pytest.mark.parametrize("told", [0.0, 3.0])
def test_with_one_percent_positives_no_model_goes_live_that_finds_none(told: float) -> None:
    found = Counter(gate.positives(seed, 300, told) for seed in range(3))
    assert not found["live, majority only"], found
    assert set(found) <= {"no_signal", "live, finds some"}


def test_a_resample_of_iris_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "RESAMPLES", 5)
    assert gate.resampled()["live"] >= 4


def test_the_honest_challenger_wins_when_the_rule_changes() -> None:
    assert gate.challenged(0, 60) == {"live": gate.MONTHS - gate.CHANGE}
