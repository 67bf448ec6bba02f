"""Folds are the same each time, even in every class, and never tear equal rows apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shared.training.dataset import NumericColumn
from shared.training.fitting.fold import folds
from tests.training.fitting.dataset import made


def test_each_row_is_asked_about_once_and_never_learnt_in_the_same_fold() -> None:
    dataset = made(97)
    learnt, asked = folds(dataset, np.arange(97), 5, 1_000)
    assert sorted(np.concatenate(asked)) == list(range(97))
    assert all(not set(one) & set(other) for one, other in zip(learnt, asked, strict=True))


def test_classes_are_dealt_out_evenly() -> None:
    dataset = made(100, gaps=False)
    _, asked = folds(dataset, np.arange(100), 5, 1_000)
    assert all(9 <= (dataset.target[rows] == 0).sum() <= 11 for rows in asked)


def test_equal_rows_stay_together() -> None:
    dataset = made(50, text=False, gaps=False)
    doubled = replace(
        dataset,
        columns=tuple(NumericColumn(np.repeat(c.values, 2)) for c in dataset.columns),  # type: ignore[union-attr]
        target=np.repeat(dataset.target, 2),
    )
    _, asked = folds(doubled, np.arange(100), 5, 1_000)
    for rows in asked:
        assert set(rows // 2 * 2) <= set(rows)
        assert set(rows // 2 * 2 + 1) <= set(rows)


def test_groups_stay_together() -> None:
    dataset = replace(made(100), group=(np.arange(100) % 10).astype(np.int32))
    _, asked = folds(dataset, np.arange(100), 5, 1_000)
    groups = [set(rows % 10) for rows in asked]
    assert sum(map(len, groups)) == 10


def test_a_sample_is_no_larger_than_asked_for_and_has_every_class() -> None:
    dataset = made(2_000, classes=4, gaps=False)
    learnt, asked = folds(dataset, np.arange(2_000), 3, 300)
    assert 290 <= sum(map(len, asked)) <= 310
    assert all(len(np.unique(dataset.target[rows])) == 4 for rows in learnt)


def test_rows_that_are_all_alike_make_no_fold() -> None:
    dataset = made(20, text=False, gaps=False)
    alike = replace(dataset, columns=(NumericColumn(np.ones(20)), NumericColumn(np.ones(20))))
    assert folds(alike, np.arange(20), 5, 1_000) == ([], [])
