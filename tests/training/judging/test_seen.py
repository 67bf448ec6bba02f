"""The private file of seen rows."""

from __future__ import annotations

import numpy as np
import pytest

from shared.core.errors import ArtifactRefused
from shared.training.judging.seen import Seen

HASHES = np.array([10, 2**63, 500, 2**64 - 1, 0, 500], dtype=np.uint64)
TRAINED = np.array([True, False, True, True, False, True])


def test_what_was_trained_on_is_told_from_what_was_held_out_and_from_what_is_new() -> None:
    seen = Seen.from_bytes(Seen.of(HASHES, TRAINED).to_bytes())
    known, trained = seen.knows(np.append(HASHES, np.array([4, 2**62, 12], dtype=np.uint64)))
    assert known.tolist() == [True] * 6 + [False] * 3
    assert trained.tolist() == [*TRAINED.tolist(), False, False, False]


def test_a_row_both_trained_on_and_held_out_counts_as_trained_on() -> None:
    twice = np.array([8, 8], dtype=np.uint64)
    for marks in ([True, False], [False, True]):
        known, trained = Seen.of(twice, np.array(marks)).knows(twice[:1])
        assert (known[0], trained[0]) == (True, True)


def test_of_an_empty_file_nothing_is_known() -> None:
    known, trained = Seen.from_bytes(b"").knows(HASHES)
    assert not known.any()
    assert not trained.any()


def test_the_file_is_sorted_little_endian_of_64_bits() -> None:
    data = Seen.of(HASHES, TRAINED).to_bytes()
    numbers = [int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data), 8)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 5


@pytest.mark.parametrize("data", [b"1234567", b"\2" * 8 + b"\1" * 8, b"\1" * 16])
def test_a_file_that_is_cut_or_not_sorted_is_refused(data: bytes) -> None:
    with pytest.raises(ArtifactRefused):
        Seen.from_bytes(data)
