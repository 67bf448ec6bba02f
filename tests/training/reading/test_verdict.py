"""The words of findings."""

from __future__ import annotations

from shared.training.reading.verdict import counted


def test_one_is_told_in_the_singular_and_many_with_their_thousands() -> None:
    assert counted(1, "row") == "1 row"
    assert counted(0, "row") == "0 rows"
    assert counted(1_200, "row repeats", "rows repeat") == "1,200 rows repeat"
