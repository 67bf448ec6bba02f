"""The cells of one feature column as they come, block by block, and what was wrong with them."""

from __future__ import annotations

from collections import Counter

import numpy as np

from shared.training.reading.number import Numbers, parse, shape
from shared.training.reading.verdict import KEPT_PER_CODE, Verdict

MAX_GAP_SHARE = 0.5

_ADVICE = {
    "not_numeric": "this cell {shape}, and the rest of the column is numbers. Write a plain number "
    "with a decimal point, or leave the cell empty.",
    "non_finite": "this cell is infinite or too large. Leave it empty or cap it.",
    "decimal_comma": "this cell has a decimal comma. Export with a decimal point.",
}


class Column:
    """A feature column. `values`: floats, NaN for gaps."""

    def __init__(self, name: str, position: int) -> None:
        self.name = name
        self.shown = name or f"(column {position + 1})"
        self.rows = 0
        self._blocks: list[Numbers] = []
        self._counts: Counter[str] = Counter()
        self._places: list[tuple[str, int, str]] = []

    def add(self, cells: tuple[str, ...], lines: list[int]) -> None:
        """Take the next cells, with the line of each."""
        values, faults = parse(cells)
        self._blocks.append(values)
        self.rows += len(cells)
        for index, code in faults:
            self._counts[code] += 1
            if self._counts[code] <= KEPT_PER_CODE:
                self._places.append((code, lines[index], shape(cells[index])))

    @property
    def values(self) -> Numbers:
        """All cells so far."""
        return np.concatenate(self._blocks) if self._blocks else np.empty(0)

    @property
    def empty(self) -> bool:
        """Whether no cell holds anything."""
        return not self._counts and bool(np.isnan(self.values).all())

    def check(self, verdict: Verdict) -> None:
        """Refuse cells that are no numbers, and columns with too many gaps."""
        numbers = int(np.count_nonzero(~np.isnan(self.values)))
        if self._counts["not_numeric"] and not numbers:
            verdict.refuse(
                "not_numeric",
                "the column holds text throughout, and this version trains on numbers only. "
                "Drop the column or encode it as numbers.",
                self._places[0][1],
                self.shown,
            )
            return
        for code, line, looks in self._places:
            verdict.refuse(code, _ADVICE[code].format(shape=looks), line, self.shown)
        for code, count in self._counts.items():
            verdict.count_more(code, max(0, count - KEPT_PER_CODE))
        gaps = self.rows - numbers - sum(self._counts.values())
        if gaps > MAX_GAP_SHARE * self.rows:
            verdict.refuse(
                "missing_value",
                f"{gaps} of {self.rows} cells are empty; more than half is too many to fill in. "
                "Drop the column.",
                column=self.shown,
            )
