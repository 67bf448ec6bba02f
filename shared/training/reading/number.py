"""Cells to numbers, without a guess: what is a number, a gap, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GAPS = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "-", "?"})
"""Trimmed, casefolded cells of a numeric column that mean that nothing is known."""

LARGEST = 1e100
"""Larger numbers overflow where differences are squared and summed."""

THOUSANDS, PERCENT = "has a thousands separator", "has a percent sign"
CURRENCY = "has a currency sign"
DOTTED_DATE = "looks like a date, day.month.year"
SHAPED = (THOUSANDS, PERCENT, CURRENCY)
"""What surrounds a number that is there all the same."""

_PLAIN = re.compile(r"[0-9+\-.eE ]*")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
INFINITE = re.compile(r"[+-]?inf(?:inity)?|#div/0!", re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+")
_MONEY = "(?:[$€£¥]|EUR|USD|GBP|CHF|JPY)"
_AMOUNT = "[+-]? ?[0-9][0-9.,'\u2019 \u00a0\u202f]*"
_GROUPS = "[,'\u2019 \u00a0\u202f]"
_SHAPES = (
    (re.compile(rf"[+-]?[0-9]{{1,3}}(?:{_GROUPS}[0-9]{{3}})+(?:\.[0-9]*)?"), THOUSANDS),
    (re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}"), "has dots between its digits"),
    (re.compile(r"[+-]?[0-9.,]+[ \u00a0\u202f]?%"), PERCENT),
    (re.compile(rf"[+-]?{_MONEY}[ \u00a0]?{_AMOUNT}|{_AMOUNT}{_MONEY}"), CURRENCY),
    (re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}"), DOTTED_DATE),
    (re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*"), "looks like a date"),
    (re.compile(r"true|false|yes|no", re.IGNORECASE), "is a truth value: write 1 or 0"),
)

Numbers = NDArray[np.float64]


def parse(cells: Sequence[str]) -> tuple[Numbers, list[tuple[int, str]]]:
    """Numbers (NaN for a gap or a fault), and the faults as (index, code)."""
    values = plain(cells)
    return _one_by_one(cells) if values is None else (values, [])


def plain(cells: Sequence[str]) -> Numbers | None:
    """The numbers, where every cell is one."""
    if not _PLAIN.fullmatch("".join(cells)):
        return None
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
    return values if (np.abs(values) <= LARGEST).all() else None


def _one_by_one(cells: Sequence[str]) -> tuple[Numbers, list[tuple[int, str]]]:
    values = np.full(len(cells), np.nan)
    faults = []
    for index, cell in enumerate(cells):
        text = cell.strip()
        if NUMBER.fullmatch(text):
            number = float(text)
            if abs(number) <= LARGEST:
                values[index] = number
            else:
                faults.append((index, "non_finite"))
        elif text.casefold() not in GAPS:
            faults.append((index, _fault(text)))
    return values, faults


def _fault(text: str) -> str:
    if INFINITE.fullmatch(text):
        return "non_finite"
    return "decimal_comma" if DECIMAL_COMMA.fullmatch(text) else "not_numeric"


def shape(cell: str) -> str:
    """What a cell that is no number looks like, in words that do not repeat it."""
    text = cell.strip()
    return next((words for form, words in _SHAPES if form.fullmatch(text)), "is text")


def is_number(text: str) -> bool:
    """Whether a header's name reads as a number."""
    return NUMBER.fullmatch(text) is not None
