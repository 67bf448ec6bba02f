"""A date is the same three numbers wherever it is read."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.date import numbers, text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01", (0.0, 1.0, 3.0)),
        (" 2026-11-22 ", (20_779.0, 11.0, 6.0)),
        ("2026-11-22T12:00", (20_779.5, 11.0, 6.0)),
        ("2026-11-22 06:00:00", (20_779.25, 11.0, 6.0)),
        ("2026-11-22T18:00:00.5Z", (20_779.75 + 0.5 / 86_400, 11.0, 6.0)),
        ("2026-11-22T01:00:00+02:00", (20_779 - 1 / 24, 11.0, 5.0)),
        ("1969-12-31", (-1.0, 12.0, 2.0)),
        ("2024-02-29", (19_782.0, 2.0, 3.0)),
    ],
)
def test_a_date_is_its_day_its_month_and_its_weekday(
    text: str, expected: tuple[float, float, float]
) -> None:
    assert numbers(text) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13-01",
        "2023-02-29",
        "20261122",
        "2026-11",
        "22.11.2026",
        "11/22/2026",
        "2026-W47-7",
        "2026-11-22T25:00",
        "2026-11-22T12",
        "2026-11-22x",
        "\u0662\u0660\u0662\u0666-11-22",
        "0001-01-01T00:00+14:00",
        "12.5",
    ],
)
def test_what_is_no_iso_date_is_none(text: str) -> None:
    assert numbers(text) is None


@given(st.datetimes())
def test_every_datetime_that_python_writes_is_read_back(moment: object) -> None:
    found = numbers(str(moment))
    assert found is not None
    assert found[1] == moment.month  # type: ignore[attr-defined]
    assert found[2] == moment.weekday()  # type: ignore[attr-defined]


@given(st.text(max_size=40))
def test_any_other_text_never_crashes(text: str) -> None:
    numbers(text)


@given(st.datetimes())
def test_the_day_of_a_moment_is_told_whatever_the_time(moment: datetime) -> None:
    found = numbers(moment.replace(microsecond=0).isoformat())
    assert found is not None
    assert text(found[0]) == moment.date().isoformat()


@pytest.mark.parametrize("days", [float("nan"), float("inf"), 1e15, -1e15])
def test_what_is_beyond_the_calendar_is_no_date(days: float) -> None:
    assert text(days) is None
