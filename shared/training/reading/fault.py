"""Cells that are not what their column is: each refused with what to do about it."""

from __future__ import annotations

from shared.training.reading import remedy
from shared.training.reading.kind import is_spoilt_number
from shared.training.reading.number import DOTTED_DATE, PERCENT, SHAPED
from shared.training.reading.remedy import Remedy
from shared.training.reading.series import Place, Series
from shared.training.reading.verdict import KEPT_PER_CODE, Verdict, column_line

FEW_FAULTS = 3
"""Wrong cells of a column up to which leaving their rows out is what to do."""

_ADVICE = {
    "not_numeric": "this cell {looks}, in a column of numbers. Write a plain number with a decimal "
    "point, leave the cell empty, or leave the row out.",
    "non_finite": "this cell is infinite or too large. Leave it empty, cap it, or leave the row "
    "out.",
    "decimal_comma": "this cell has a comma, of decimals or of thousands. Export with a decimal "
    "point and without separators of thousands.",
    "not_boolean": "this cell is neither true nor false. Leave it empty, or leave the row out.",
    "not_date": "this cell is no ISO 8601 date (2026-11-22). Write it so, leave it empty, or leave "
    "the row out.",
}


def tell_faults(one: Series, verdict: Verdict) -> None:
    """Refuse every cell that is not what its column is."""
    few = one.faults.total() <= FEW_FAULTS
    for place in one.places:
        verdict.refuse(
            place.code,
            _ADVICE[place.code].format(looks=place.looks),
            place.line,
            one.shown,
            mend=_mend(one, place, few=few),
        )
    for code, count in one.faults.items():
        verdict.count_more(code, max(0, count - KEPT_PER_CODE))


def _mend(one: Series, place: Place, *, few: bool) -> Remedy:
    """About the cells where the number is there, the row where few are wrong, else the column."""
    if place.code == "not_date" and all(found.looks == DOTTED_DATE for found in one.places):
        return remedy.Date(one.name)
    share = few and place.looks == PERCENT  # among numbers that are none
    if place.code == "decimal_comma" or (place.looks in SHAPED and not share):
        commas = {found.comma for found in one.places} - {""}
        return remedy.Number(one.name, commas.pop() if len(commas) == 1 else "")
    if few:
        return remedy.Row(place.line)
    if one.is_target:
        return 'in model.toml: task = "classification"'
    other = "drop" if one.forced or place.code != "not_numeric" else "categorical"
    return column_line(one.name, other)


def tell_sure_faults(series: list[Series], verdict: Verdict) -> None:
    """Of a file that was not read to its end: the cells whose column is sure to be of numbers.

    Of the target only a person or the schema says so: its kind hangs on all rows.
    """
    for one in series:
        if one.forced or (is_spoilt_number(one.stats) and not one.is_target):
            tell_faults(one, verdict)
