"""Numbers for people, and names without anything that hides."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core import text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "0"),
        (0.97333333, "0.9733"),
        (150, "150"),
        (12_345.678, "12,346"),
        (0.00012, "0.00012"),
        (1.2e-7, "1.2e-07"),
        (-3.5, "-3.5"),
        (1e300, "1e+300"),
    ],
)
def test_a_number_has_four_digits_that_count(value: float, told: str) -> None:
    assert text.number(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        *[(33_930_700, "33.93M"), (48_042, "48.04K"), (-1.5e9, "-1.5B"), (2e14, "200T")],
        *[(0.97333, "0.9733"), (-0.07252, "-0.07252"), (9_999, "9,999"), (1e300, "1e+300")],
    ],
)
def test_beside_a_chart_a_large_number_has_its_unit_as_a_letter(value: float, told: str) -> None:
    assert text.brief(value) == told


@pytest.mark.parametrize(
    ("share", "told"),
    [
        *[(0, "0 %"), (1, "100 %"), (0.02, "2 %"), (0.057, "5.7 %"), (0.971, "97 %")],
        *[(0.9991, "99.9 %"), (0.0001, "< 0.1 %")],
    ],
)
def test_a_share_is_told_in_percent(share: float, told: str) -> None:
    assert text.percent(share) == told


def test_a_difference_has_its_sign() -> None:
    assert [text.signed(x) for x in (0.5, 0, -0.5)] == ["+0.5", "0", "-0.5"]


def test_one_is_not_many() -> None:
    assert text.count(1, "row") == "1 row"
    assert text.count(1_000, "row") == "1,000 rows"
    assert text.count(2, "class", "classes") == "2 classes"


def test_a_list_says_how_much_it_leaves_out() -> None:
    assert text.listed(["a", "b", "c"], 3) == "a, b, c"
    assert text.listed(["a", "b", "c"], 1) == "a and 2 more"


def test_no_character_stays_invisible_behind_an_ascii_letter() -> None:
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    left = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(letter := chr(code)) in hidden
        and letter in text.shown("a" + letter)
    ]
    assert left == []


def test_blanks_of_every_kind_are_plain_ones() -> None:
    assert text.shown("a\u00a0b\u3000c") == "a b c"


def test_accents_do_not_pile_up() -> None:
    assert text.shown("e" + "\u0301" * 50) == "e" + "\u0301" * text.MARKS
    assert text.shown("Việt Nam") == "Việt Nam"


@given(st.text(max_size=200), st.integers(1, 100))
def test_what_is_shown_is_as_long_as_allowed_and_can_be_written(whole: str, limit: int) -> None:
    told = text.shown(whole, limit)
    told.encode()
    assert len(told) <= len("[U+10FFFF]") * limit
