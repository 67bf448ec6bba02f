"""Differences that chance explains are none."""

from __future__ import annotations

import numpy as np
import pytest

from shared.training.fitting.contest import NOISE, Losses


def losses(wrong: int, rows: int = 100) -> Losses:
    values = np.zeros(rows)
    values[:wrong] = 1.0
    return Losses(values, np.zeros(rows, dtype=np.int32))


def test_equal_ones_lead_by_nothing() -> None:
    assert losses(5).lead(losses(5)) == 0.0


def test_a_few_errors_less_are_noise_and_many_are_not() -> None:
    assert 0 < losses(2).lead(losses(5)) < NOISE
    assert losses(2).lead(losses(20)) > NOISE
    assert losses(20).lead(losses(2)) == -losses(2).lead(losses(20))


def test_a_difference_that_is_the_same_on_each_row_is_certain() -> None:
    assert losses(0).lead(losses(100)) == float("inf")
    assert losses(100).lead(losses(0)) == float("-inf")


def test_every_class_counts_the_same() -> None:
    strata = np.array([0] * 90 + [1] * 10, dtype=np.int32)
    values = np.zeros(100)
    values[90:] = 1.0
    assert Losses(values, strata).mean == pytest.approx(0.5)


@pytest.mark.parametrize(("wrong", "told"), [(0, False), (3, False), (6, False), (40, True)])
def test_a_leader_with_few_errors_cannot_be_told_from_a_better_one(wrong: int, told: bool) -> None:
    assert losses(wrong, 150).could_be_told_from_half() is told
