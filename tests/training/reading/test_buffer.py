"""An array that grows at its end."""

from __future__ import annotations

import numpy as np
import pytest

from shared.training.reading.buffer import Buffer


@pytest.mark.parametrize("sizes", [(), (1,), (3, 0, 5), (4_000, 40_000, 7), (1,) * 3_000])
def test_what_was_appended_is_all_there_in_its_order(sizes: tuple[int, ...]) -> None:
    buffer: Buffer[np.float64] = Buffer(np.float64)
    parts = [np.random.default_rng(i).normal(size=size) for i, size in enumerate(sizes)]
    for part in parts:
        buffer.append(part)
    assert np.array_equal(buffer.whole(), np.concatenate([*parts, np.empty(0)]))
    assert buffer.whole().flags.writeable


def test_rows_of_three_stay_together() -> None:
    buffer: Buffer[np.float64] = Buffer(np.float64, 3)
    assert buffer.whole().shape == (0, 3)
    for start in (0, 1, 2):
        buffer.append(np.arange(start, start + 6, dtype=np.float64).reshape(2, 3))
    assert buffer.whole().shape == (6, 3)
    assert buffer.whole()[4].tolist() == [2.0, 3.0, 4.0]


def test_strided_values_are_copied_as_they_are() -> None:
    buffer: Buffer[np.int32] = Buffer(np.int32)
    buffer.append(np.arange(10, dtype=np.int32)[::3])
    assert buffer.whole().tolist() == [0, 3, 6, 9]


def test_a_cleared_buffer_begins_anew() -> None:
    buffer: Buffer[np.int32] = Buffer(np.int32)
    buffer.append(np.ones(9, np.int32))
    buffer.clear()
    buffer.append(np.array([5], np.int32))
    assert buffer.whole().tolist() == [5]
