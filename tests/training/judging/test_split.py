"""The hold-out: stable between drops, fair to every class, and only where there is enough."""

from __future__ import annotations

import numpy as np
import pytest

from shared.core.errors import DatasetRejected
from shared.training import rowhash
from shared.training.dataset import Dataset
from shared.training.judging import split
from shared.training.judging.repeat import repeats as folds
from tests.training.judging.table import dataset, iris, taken

CHANCE = np.random.default_rng(3)
NUMBERS = CHANCE.normal(size=(6_000, 3))
LABELS = np.where(CHANCE.random(6_000) < 0.1, "rare", "usual")
MANY = dataset(NUMBERS, LABELS)


def held_out(data: Dataset, by: str = "hash") -> set[int]:
    return set(rowhash.hashes(data)[split.hold_out(data, by)].tolist())


def test_a_fifth_of_each_class_is_held_out_and_the_rest_trains() -> None:
    plan = split.plan(MANY)
    assert sorted([*plan.train, *plan.test]) == list(range(6_000))
    for code in (0, 1):
        share = (MANY.target[plan.test] == code).sum() / (MANY.target == code).sum()
        assert 0.15 < share < 0.25
    assert "20 %" in plan.why


def test_a_row_that_was_held_out_is_held_out_in_the_next_drop_too() -> None:
    first = taken(MANY, np.arange(3_000))
    later = taken(MANY, CHANCE.permutation(6_000))
    trained = set(rowhash.hashes(first)[split.plan(first).train].tolist())
    assert held_out(first) <= held_out(later)
    assert not trained & held_out(later)


def test_another_label_for_a_row_does_not_move_it() -> None:
    other = dataset(NUMBERS, np.where(NUMBERS[:, 0] > 0, "rare", "usual"))
    assert held_out(other) == held_out(MANY)


def test_of_very_many_rows_a_smaller_share_is_held_out_and_none_that_was_trained_on() -> None:
    grid = np.arange(800_000, dtype=np.float64).reshape(-1, 1)
    few, many = dataset(grid[:400_000], grid[:400_000, 0]), dataset(grid, grid[:, 0])
    trained = set(rowhash.hashes(few)[split.plan(few).train].tolist())
    assert len(split.hold_out(many)) == pytest.approx(split.MOST_TEST_ROWS, rel=0.02)
    assert not trained & held_out(many)


def test_equal_rows_stay_on_one_side() -> None:
    twice = taken(MANY, np.arange(6_000) // 2)
    plan = split.plan(twice)
    hashes = rowhash.hashes(twice)
    assert not set(hashes[plan.train].tolist()) & set(hashes[plan.test].tolist())


def test_rows_of_few_values_are_observations_of_their_own() -> None:
    coins = np.arange(4_000).reshape(-1, 1) % 2
    plan = split.plan(dataset(coins, LABELS[:4_000]))
    assert 0.15 < len(plan.test) / 4_000 < 0.25
    assert "2 different rows" in plan.why


def test_a_row_that_is_half_of_all_does_not_become_the_hold_out() -> None:
    zeros = NUMBERS * (CHANCE.random((6_000, 1)) < 0.5)
    plan = split.plan(dataset(zeros, LABELS))
    assert 0.15 < len(plan.test) / 6_000 < 0.25


@pytest.mark.parametrize("rare", [2, 4, 30])
def test_a_rare_class_has_rows_on_both_sides(rare: int) -> None:
    labels = np.where(np.arange(6_000) < rare, "rare", "usual")
    plan = split.plan(dataset(NUMBERS, labels))
    tested = int((np.asarray(labels)[plan.test] == "rare").sum())
    assert tested >= min(5, rare // 4)
    assert rare - tested >= 1


def test_few_rows_are_cross_validated_and_it_is_said() -> None:
    plan = split.plan(iris())
    assert not plan.holds_out
    assert len(plan.train) == 150
    assert "cross-validation" in plan.why


def test_a_rare_class_among_not_so_many_rows_is_cross_validated() -> None:
    labels = np.where(np.arange(2_000) < 20, "rare", "usual")
    assert not split.plan(dataset(NUMBERS[:2_000], labels)).holds_out


def test_every_row_is_judged_once_a_repeat_by_a_model_that_has_not_seen_its_equals() -> None:
    data = iris(np.arange(150) // 2 * 2)
    (parts,) = folds(data, split.plan(data))
    hashes = rowhash.hashes(data)
    assert sorted(np.concatenate([part.test for part in parts])) == list(range(150))
    for part in parts:
        assert not set(hashes[part.train].tolist()) & set(hashes[part.test].tolist())
        assert np.bincount(data.target[part.test], minlength=3).min() >= 8


def test_very_few_rows_are_cross_validated_more_than_once() -> None:
    data = iris(slice(0, 150, 5))
    parts = folds(data, split.plan(data))
    assert len(parts) > 1
    assert parts[0][0].test.tolist() != parts[1][0].test.tolist()


def test_four_rows_are_enough_to_be_judged() -> None:
    data = dataset([[1.0], [1.0], [2.0], [2.0]], ["a", "a", "b", "b"])
    assert all(
        len(np.unique(data.target[part.train])) == 2
        for parts in folds(data, split.plan(data))
        for part in parts
    )


def test_a_split_by_time_holds_out_the_latest() -> None:
    times = CHANCE.permutation(6_000).astype(np.float64)
    times[:100] = np.nan
    plan = split.plan(dataset(NUMBERS, LABELS, order_by=times), "time")
    assert np.nanmin(times[plan.test]) > np.nanmax(times[plan.train])
    assert len(plan.test) == pytest.approx(1_180, abs=2)


def test_rows_of_one_day_stay_on_one_side_of_a_split_by_time() -> None:
    days = np.repeat(np.arange(12.0), 500)
    plan = split.plan(dataset(NUMBERS, LABELS, order_by=days), "time")
    assert set(days[plan.test]) == {9.0, 10.0, 11.0}


def test_a_group_stays_on_one_side_and_there_in_the_next_drop() -> None:
    names = tuple(f"shop {i}" for i in range(100))
    codes = CHANCE.integers(0, 100, 6_000).astype(np.int32)
    data = dataset(NUMBERS, LABELS, group=codes, group_names=names)
    plan = split.plan(data, "group")
    tested = {names[code] for code in codes[plan.test]}
    assert not tested & {names[code] for code in codes[plan.train]}
    fewer = codes[codes < 50]
    later = dataset(
        NUMBERS[codes < 50], LABELS[codes < 50], group=49 - fewer, group_names=names[49::-1]
    )
    later_tested = {names[fewer[row]] for row in split.hold_out(later, "group")}
    assert later_tested == {name for name in tested if name in names[:50]}


def test_few_groups_fill_about_a_fifth() -> None:
    codes = np.arange(6_000, dtype=np.int32) % 6
    plan = split.plan(dataset(NUMBERS, LABELS, group=codes, group_names=tuple("abcdef")), "group")
    assert 1 <= len(np.unique(codes[plan.test])) <= 2


@pytest.mark.parametrize("by", ["time", "group"])
def test_a_split_that_the_data_does_not_allow_is_refused_with_what_mends_it(by: str) -> None:
    same = dataset(
        NUMBERS,
        LABELS,
        order_by=np.ones(6_000),
        group=np.zeros(6_000, dtype=np.int32),
        group_names=("a",),
    )
    with pytest.raises(DatasetRejected, match=r"bad_split.*split_column"):
        split.plan(same, by)


def test_groups_of_one_class_each_cannot_be_cross_validated() -> None:
    codes = np.repeat(np.arange(2, dtype=np.int32), 20)
    data = dataset(NUMBERS[:40], np.array(["a", "b"])[codes], group=codes, group_names=("x", "y"))
    with pytest.raises(DatasetRejected, match="bad_split"):
        folds(data, split.plan(data, "group"))
