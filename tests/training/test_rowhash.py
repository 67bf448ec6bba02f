"""Hashes of rows: the same for the same row, wherever, whenever and in whichever order."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from shared.core.schema import Schema
from shared.training import rowhash
from shared.training.dataset import Dataset
from tests.training.judging.table import dataset

SMALL = dataset(
    [[1.0, 2.0], [np.nan, -0.0]], ["a", "b"], texts=[["é", None]], names=["x", "y", "z"]
)


def turned(data: Dataset, order: list[int]) -> Dataset:
    features = tuple(data.schema.features[i] for i in order)
    schema = Schema(features, data.schema.target, data.schema.classes)
    return replace(data, schema=schema, columns=tuple(data.columns[i] for i in order))


def test_they_are_these_numbers_on_every_machine_and_python() -> None:
    assert rowhash.hashes(SMALL).tolist() == [9332492775595952269, 6333395107563704008]
    told = [6010562598723222317, 14877530781031857699]
    assert rowhash.target_hashes(SMALL).tolist() == told


def test_they_do_not_hang_on_the_seed_of_python_s_own_hash() -> None:
    code = (
        "from tests.training.test_rowhash import SMALL;"
        "from shared.training import rowhash; print(rowhash.hashes(SMALL).tolist())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": "17"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == str(rowhash.hashes(SMALL).tolist())


def test_the_order_of_the_columns_does_not_matter_but_their_names_do() -> None:
    hashes = rowhash.hashes(SMALL)
    assert (rowhash.hashes(turned(SMALL, [2, 0, 1])) == hashes).all()
    swapped = turned(SMALL, [1, 0, 2])
    renamed = replace(swapped, schema=SMALL.schema)
    assert (rowhash.hashes(renamed) != hashes).any()


def test_codes_of_the_same_text_do_not_matter() -> None:
    more = dataset([[1.0, 2.0]] * 2, ["a", "b"], texts=[["é", "aa"]], names=["x", "y", "z"])
    assert rowhash.hashes(more)[0] == rowhash.hashes(SMALL)[0]


def test_minus_zero_is_zero_and_a_gap_is_a_gap() -> None:
    plain = dataset(
        [[1.0, 2.0], [np.nan, 0.0]], ["a", "b"], texts=[["é", None]], names=["x", "y", "z"]
    )
    plain.columns[0].values[1] = -np.array(np.nan)  # type: ignore[union-attr]
    assert (rowhash.hashes(plain) == rowhash.hashes(SMALL)).all()


def test_a_cell_moved_to_another_column_is_another_row() -> None:
    data = dataset([[1.0, 2.0], [2.0, 1.0], [1.5, 1.5]], ["a", "b", "a"])
    assert len(set(rowhash.hashes(data).tolist())) == 3


def test_rows_can_be_known_by_the_columns_they_had_before() -> None:
    before = dataset([[1.0], [2.0]], ["a", "b"], names=["x"])
    after = dataset([[1.0, 7.0], [2.0, 8.0]], ["a", "b"], names=["x", "new"])
    assert (rowhash.hashes(after, ["x"]) == rowhash.hashes(before)).all()
    with pytest.raises(KeyError, match="gone"):
        rowhash.hashes(after, ["x", "gone"])


def test_the_target_takes_no_part_and_has_hashes_of_its_own() -> None:
    one, two = dataset([[1.0]] * 2, ["a", "b"]), dataset([[1.0]] * 2, ["b", "c"])
    assert (rowhash.hashes(one) == rowhash.hashes(two)).all()
    assert rowhash.target_hashes(one)[1] == rowhash.target_hashes(two)[0]


def test_very_many_rows_have_no_collision_and_even_bits() -> None:
    grid = np.stack(np.meshgrid(np.arange(500.0), np.arange(400.0)), axis=-1).reshape(-1, 2)
    hashes = rowhash.hashes(dataset(grid, np.zeros(len(grid))))
    assert len(np.unique(hashes)) == len(grid)
    ones = [float(((hashes >> np.uint64(bit)) & np.uint64(1)).mean()) for bit in range(64)]
    assert 0.49 < min(ones) <= max(ones) < 0.51


def test_a_million_rows_of_twenty_columns_take_a_second_or_so() -> None:
    column = np.random.default_rng(0).normal(size=(1_000_000, 1))
    data = dataset(column, np.zeros(1_000_000))
    wide = replace(
        data,
        columns=data.columns * 20,
        schema=dataset(np.zeros((1, 20)), np.zeros(1)).schema,
    )
    start = time.process_time()
    rowhash.hashes(wide)
    assert time.process_time() - start < 5
