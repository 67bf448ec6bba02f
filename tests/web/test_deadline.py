"""The header X-Request-Timeout."""

from __future__ import annotations

import pytest

from shared.web import deadline
from shared.web.refusal import Refusal


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("2.5", 2.5),
        ("2", 2),
        ("2s", 2),
        (" 7 ", 7),
        ("60", 60),
        ("999", 60),
        ("0.001", 0.001),
        ("1e1", 10),
    ],
)
def test_the_seconds_are_taken_up_to_60(told: str, seconds: float) -> None:
    assert deadline.seconds({"x-request-timeout": told}) == seconds


def test_without_it_there_are_10_seconds() -> None:
    assert deadline.seconds({}) == 10


@pytest.mark.parametrize("told", ["", "0", "0.0", "-1", "soon", "e3", "NaN", "٣", "1, 2", "9" * 9])
def test_what_is_no_number_of_seconds_is_refused(told: str) -> None:
    with pytest.raises(Refusal) as caught:
        deadline.seconds({"x-request-timeout": told})
    assert (caught.value.status, caught.value.code) == (400, "invalid_header")
