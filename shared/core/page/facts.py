"""A card's facts, read leniently: what is absent, or of another shape, is nothing.

A report is an ornament of a version. No card, early, late or made by a stranger, may stop it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any


class Facts:
    """One JSON object of the card; every reader answers "nothing" for what is not there."""

    __slots__ = ("_value",)

    def __init__(self, value: Any = None) -> None:
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}

    def __bool__(self) -> bool:
        return bool(self._value)

    def part(self, *names: str) -> Facts:
        """The object at this path."""
        value: Any = self._value
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return Facts(value)

    def text(self, name: str) -> str:
        """A text, or ""."""
        value = self._value.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> float | None:
        """A finite number, or None."""
        return _number(self._value.get(name))

    def flag(self, name: str) -> bool | None:
        """True or false, or None."""
        value = self._value.get(name)
        return value if isinstance(value, bool) else None

    def numbers(self, name: str) -> list[float]:
        """A list of finite numbers; [] where one of them is none."""
        found = [_number(value) for value in self._list(name)]
        return [value for value in found if value is not None] if None not in found else []

    def texts(self, name: str) -> list[str]:
        """The texts of a list."""
        return [value for value in self._list(name) if isinstance(value, str)]

    def objects(self, name: str) -> list[Facts]:
        """The objects of a list."""
        return [Facts(value) for value in self._list(name) if isinstance(value, dict)]

    def table(self, name: str) -> list[list[float]]:
        """A list of lists of numbers, all of one length, or []."""
        rows = [Facts({"row": row}).numbers("row") for row in self._list(name)]
        return rows if rows and len({len(row) for row in rows}) == 1 and rows[0] else []

    def parts(self) -> Iterator[tuple[str, Facts]]:
        """Names and objects of the members that are objects."""
        yield from ((k, Facts(v)) for k, v in self._value.items() if isinstance(v, dict))

    def amounts(self) -> dict[str, float]:
        """Names and values of the members that are numbers."""
        found = {name: _number(value) for name, value in self._value.items()}
        return {name: value for name, value in found.items() if value is not None}

    def strings(self) -> list[str]:
        """The members that are texts."""
        return [value for value in self._value.values() if isinstance(value, str)]

    def keys(self) -> list[str]:
        """The names of all members."""
        return [name for name in self._value if isinstance(name, str)]

    def raw(self, name: str) -> Any:
        """Whatever is there."""
        return self._value.get(name)

    def _list(self, name: str) -> list[Any]:
        value = self._value.get(name)
        return list(value) if isinstance(value, list | tuple) else []


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None
