"""Folds are the same each time, even in every class, and never tear apart what belongs together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shared.training import rowhash
from shared.training.dataset import Dataset, NumericColumn
from shared.training.fold import Fold, dealt, forward
from tests.training.fitting.dataset import made


def folds(dataset: Dataset, count: int, most: int | None = None) -> list[Fold]:
    rows = np.arange(len(dataset))
    return dealt(dataset, rows, rowhash.hashes(dataset), count, 7, most)


def test_each_row_is_asked_about_once_and_never_learnt_in_the_same_fold() -> None:
    found = folds(made(97), 5)
    assert sorted(np.concatenate([fold.test for fold in found])) == list(range(97))
    for fold in found:
        assert sorted([*fold.train, *fold.test]) == list(range(97))


def test_only_the_rows_that_are_given_take_part() -> None:
    dataset, rows = made(100), np.arange(1, 100, 2)
    found = dealt(dataset, rows, rowhash.hashes(dataset), 5, 7)
    assert sorted(np.concatenate([fold.test for fold in found])) == rows.tolist()
    assert all(set(fold.train) <= set(rows) for fold in found)


def test_another_salt_deals_another_way() -> None:
    dataset, rows = made(100), np.arange(100)
    units = rowhash.hashes(dataset)
    first, again, other = (dealt(dataset, rows, units, 5, salt)[0].test for salt in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()


def test_classes_are_dealt_out_evenly() -> None:
    dataset = made(100, gaps=False)
    counts = [(dataset.target[fold.test] == 0).sum() for fold in folds(dataset, 5)]
    assert set(counts) <= {9, 10, 11}


def test_equal_rows_stay_together() -> None:
    dataset = made(50, text=False, gaps=False)
    doubled = replace(
        dataset,
        columns=tuple(NumericColumn(np.repeat(c.values, 2)) for c in dataset.columns),  # type: ignore[union-attr]
        target=np.repeat(dataset.target, 2),
    )
    for fold in folds(doubled, 5):
        assert set(fold.test // 2 * 2) <= set(fold.test)
        assert set(fold.test // 2 * 2 + 1) <= set(fold.test)


def test_a_sample_is_no_larger_than_asked_for_and_has_every_class() -> None:
    dataset = made(2_000, classes=4, gaps=False)
    found = folds(dataset, 3, 300)
    assert 290 <= sum(len(fold.test) for fold in found) <= 310
    assert all(len(np.unique(dataset.target[fold.train])) == 4 for fold in found)


def test_a_rare_class_keeps_a_row_for_each_fold_in_a_sample() -> None:
    dataset = made(2_000, gaps=False)
    rare = replace(dataset, target=(np.arange(2_000) < 4).astype(np.int32))
    assert all(
        dataset.target[f.test].size and rare.target[f.test].any() for f in folds(rare, 3, 300)
    )


def test_rows_that_are_all_alike_make_no_fold() -> None:
    dataset = made(20, text=False, gaps=False)
    alike = replace(dataset, columns=(NumericColumn(np.ones(20)), NumericColumn(np.ones(20))))
    assert folds(alike, 5) == []


@pytest.mark.parametrize("most", [None, 50])
def test_forward_in_time_only_what_came_before_is_learnt(most: int | None) -> None:
    chance = np.random.default_rng(3)
    times = chance.permutation(np.repeat(np.arange(40.0), 5))
    times[::20] = np.nan
    dataset, rows = made(200), np.arange(0, 200, 2)
    found = forward(dataset, times, rows, 4, most)
    assert len(found) == 4
    asked = np.concatenate([fold.test for fold in found])
    assert len(set(asked)) == len(asked) <= (most or 100)
    assert set(asked) <= set(rows)
    for fold in found:
        assert np.nanmax(times[fold.train]) < times[fold.test].min()
        assert np.isnan(times[fold.train]).sum() == np.isnan(times[rows]).sum()


def test_where_nothing_came_before_there_is_no_forward() -> None:
    dataset = made(20)
    for times in (np.zeros(20), np.full(20, np.nan)):
        assert forward(dataset, times, np.arange(20), 3) == []
