"""Cells as values of an instance, by the kind of their feature and by training's own rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from shared.core import date
from shared.core.schema import Feature
from shared.training.reading import number, word

REFUSED = object()
"""Stands where a cell is no value of its feature's kind."""


def values(feature: Feature, cells: Sequence[str]) -> list[Any]:
    """A column's values: a gap is None, and what cannot be one is REFUSED."""
    if feature.kind == "numeric":
        return _numbers(cells)
    return _each(cells, _READ.get(feature.kind, str.strip))


def _numbers(cells: Sequence[str]) -> list[Any]:
    found, faults = number.parse(cells)
    listed: list[Any] = [None if math.isnan(value) else value for value in found.tolist()]
    for place, _ in faults:
        listed[place] = REFUSED
    return listed


def _truth(cell: str) -> Any:
    found = word.truth(cell)
    return REFUSED if found is None else bool(found)


def _date(cell: str) -> Any:
    return cell.strip() if date.numbers(cell) else REFUSED


_READ: dict[str, Callable[[str], Any]] = {"boolean": _truth, "date": _date}


def _each(cells: Sequence[str], read: Callable[[str], Any]) -> list[Any]:
    """Each different cell is read once."""
    known = {cell: None if word.is_gap(cell) else read(cell) for cell in set(cells)}
    return [known[cell] for cell in cells]
