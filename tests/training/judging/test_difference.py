"""Bounds of paired differences: right as often as they say, careful with few rows."""

from __future__ import annotations

import numpy as np
import pytest

from shared.training.judging.difference import in_recall, in_rmse


def test_equal_models_differ_by_nothing_and_surely_by_less() -> None:
    truth = np.arange(100, dtype=np.int32) % 2
    right = np.ones(100)
    told = in_recall(truth, right, right)
    assert (told.by, told.champion, told.challenger) == (0.0, 1.0, 1.0)
    assert told.at_least < 0


@pytest.mark.parametrize("rows", [1, 2])
def test_a_class_of_one_or_two_rows_proves_nothing(rows: int) -> None:
    truth = np.repeat(np.array([0, 1], dtype=np.int32), [200, rows])
    told = in_recall(truth, np.ones(200 + rows), 1.0 - truth)
    assert told.by == 0.5
    assert told.at_least < 0.02


def test_each_class_counts_alike_however_rare() -> None:
    truth = np.repeat(np.array([0, 1], dtype=np.int32), [990, 10])
    worse = np.where(truth == 1, 0.0, 1.0)
    told = in_recall(truth, np.ones(1_000), worse)
    assert told.by == pytest.approx(0.5)
    assert told.at_least > 0.3


@pytest.mark.parametrize("rows", [20, 60, 400])
def test_the_bound_on_recall_holds_nineteen_times_in_twenty(rows: int) -> None:
    chance = np.random.default_rng(0)
    truth = np.arange(rows, dtype=np.int32) % 2
    told = [
        in_recall(
            truth, *(np.asarray(chance.random(rows) < p, float) for p in (0.9, 0.85))
        ).at_least
        for _ in range(500)
    ]
    assert np.mean(np.array(told) > 0.05) < 0.07


@pytest.mark.parametrize("rows", [20, 60, 400])
def test_the_bound_on_rmse_holds_nineteen_times_in_twenty_and_finds_what_is_worse(
    rows: int,
) -> None:
    chance = np.random.default_rng(0)
    false, found = 0, 0
    for _ in range(300):
        truth = chance.normal(size=rows)
        errors = chance.normal(size=rows)
        equal = truth + 1.05 * (0.8 * errors + 0.6 * chance.normal(size=rows))
        worse = truth + 2.0 * (0.8 * errors + 0.6 * chance.normal(size=rows))
        false += in_rmse(truth, truth + errors, equal).at_least > 0.05
        found += in_rmse(truth, truth + errors, worse).at_least > 0.05
    assert false < 0.08 * 300
    assert found > 0.9 * 300


def test_the_difference_of_rmse_is_relative_and_has_no_unit() -> None:
    chance = np.random.default_rng(0)
    truth, errors = chance.normal(size=(2, 400))
    told = [in_rmse(truth * f, (truth + errors) * f, (truth + 1.5 * errors) * f) for f in (1, 1e9)]
    assert told[0].by == pytest.approx(0.5, abs=1e-4)
    assert told[0].at_least == pytest.approx(told[1].at_least)


def test_a_champion_without_any_error_can_be_lost_to() -> None:
    truth = np.linspace(0, 1, 50)
    wrong = truth + np.where(np.arange(50) % 2, 0.1, -0.1)
    assert in_rmse(truth, truth, wrong).at_least > 0.05
    assert in_rmse(truth, truth, truth).at_least <= 0


def test_folds_make_the_bound_wider() -> None:
    truth = np.arange(100, dtype=np.int32) % 2
    worse = np.where(np.arange(100) % 5, 1.0, 0.0)
    plain, folded = (in_recall(truth, np.ones(100), worse, folded=f) for f in (False, True))
    assert folded.at_least < plain.at_least < plain.by
