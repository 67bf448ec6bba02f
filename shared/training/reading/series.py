"""The cells of one column as they come, part by part, in the least memory that its kind needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from shared.core import date
from shared.training.dataset import Codes, Floats
from shared.training.reading.buffer import Buffer
from shared.training.reading.kind import Stats
from shared.training.reading.number import parse, shape
from shared.training.reading.remedy import comma_of
from shared.training.reading.verdict import KEPT_PER_CODE
from shared.training.reading.word import (
    Words,
    is_blank,
    is_gap,
    meaning,
    number,
    truth,
)

MODES = {
    "numeric": "number",
    "empty": "number",
    "boolean": "boolean",
    "date": "date",
    "categorical": "token",
}
"""Kind -> how its cells are kept. Every other kind is counted in words and then left out."""

MOST_WORDS = 50_000
"""Different words from which on a column is no category, and only counted."""

Cells = Floats | Words | Sequence[str] | None
"""Cells of a part: numbers with NaN for gaps, words, or as they stand; None: nobody asked."""

Lines = Sequence[int]

_ONE_OF = 32
"""Words of which one is looked at where they are too many for a category: the same ones whatever
the order of the rows."""

_PATIENCE = 3
"""Parts with cells that are no numbers, from which on a column is asked for as words."""

_DATE_PARTS = 3
_PARSERS: dict[str, Callable[[str], float | None]] = {"number": number, "boolean": truth}


@dataclass(frozen=True)
class Place:
    """Where a cell is that is not what its column is, what it looks like, and what a comma in it
    is (`remedy.comma_of`)."""

    code: str
    line: int
    looks: str
    comma: str = ""


@dataclass
class Series:
    """A column. mode: number, boolean, date (floats), token (codes), or skip.

    forced: a person or the schema says the kind, so no cell can change it. bound: words kept at
    most. is_target: places of gaps are noted too.
    """

    name: str
    position: int
    mode: str
    forced: bool = False
    bound: int = MOST_WORDS
    is_target: bool = False
    stats: Stats = field(default_factory=Stats)
    places: list[Place] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    missing: list[int] = field(default_factory=list)
    missing_count: int = 0
    words: dict[str, int] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)
    overflow: bool = False
    faulty_parts: int = 0

    def __post_init__(self) -> None:
        self._floats = Buffer(np.float64, _DATE_PARTS if self.mode == "date" else 1)
        self._codes = Buffer(np.int32)

    @property
    def shown(self) -> str:
        """The name, or the place of a column that has none."""
        return self.name or f"(column {self.position + 1})"

    @property
    def wants(self) -> bool | None:
        """Whether its cells should come as words, or as numbers; None: not at all."""
        if self.mode == "skip":
            return None
        return self.mode != "number" or self.faulty_parts > _PATIENCE

    def add(self, cells: Cells, lines: Lines) -> None:
        """Take the next cells, with the line of each."""
        if self.mode == "skip" or cells is None:
            return
        if isinstance(cells, np.ndarray):
            self._add_floats(cells, lines)
        elif isinstance(cells, Words):
            self._add_words(cells, lines)
        elif self.mode == "number" and not (parsed := parse(cells))[1]:
            self._add_floats(parsed[0], lines)
        else:
            self._add_words(Words.of(cells), lines)

    @property
    def floats(self) -> Floats:
        """All numbers (dates: rows of three), once all cells are there."""
        return self._floats.whole()

    @property
    def codes(self) -> Codes:
        """All codes into `words`, once all cells are there."""
        return self._codes.whole()

    def finish(self) -> Stats:
        """The counts over all cells."""
        if self.mode == "token" and not self.overflow:
            self.stats = Stats()
            self.stats.add(self.words, self.counts)
            self.stats.words = self._measure(self.words)
        return self.stats

    def _add_floats(self, values: Floats, lines: Lines) -> None:
        self._floats.append(values)
        self.stats.cells["number"] += len(values)
        if not np.isnan(values.sum()):
            return
        gaps = np.isnan(values)
        count = int(np.count_nonzero(gaps))
        self.stats.cells["gap"] += count
        self.stats.cells["number"] -= count
        if self.is_target:
            self._note_missing(gaps, count, lines)

    def _add_words(self, cells: Words, lines: Lines) -> None:
        if self.is_target:
            blank = is_blank if self.mode == "token" else is_gap
            gaps = np.array([blank(word) for word in cells.words], bool)[cells.codes]
            self._note_missing(gaps, int(np.count_nonzero(gaps)), lines)
        if self.mode == "token":
            self._add_tokens(cells)
        else:
            before = self.stats.faults
            self.stats.add(cells.words, cells.counts)
            self.faulty_parts += self.stats.faults > before
            self._floats.append(self._values(cells, lines))

    def _values(self, cells: Words, lines: Lines) -> Floats:
        """Each word parsed once; where one cannot be, its rows are noted."""
        if self.mode == "date":
            return self._dates(cells, lines)
        read = _PARSERS[self.mode]
        found = [read(word) for word in cells.words]
        self._note_faults(cells, [value is None for value in found], lines)
        table = np.array([np.nan if value is None else value for value in found], np.float64)
        return np.asarray(table[cells.codes])

    def _dates(self, cells: Words, lines: Lines) -> Floats:
        found = [date.numbers(word) for word in cells.words]
        self._note_faults(cells, [value is None for value in found], lines)
        nothing = (np.nan,) * _DATE_PARTS
        table = np.array([value or nothing for value in found], np.float64)
        return np.asarray(table.reshape(-1, _DATE_PARTS)[cells.codes])

    def _note_faults(self, cells: Words, faulty: list[bool], lines: Lines) -> None:
        wrong = [w and not is_gap(cells.words[i]) for i, w in enumerate(faulty)]
        if not any(wrong):
            return
        for row in np.flatnonzero(np.array(wrong)[cells.codes]).tolist():
            word = cells.words[cells.codes[row]]
            code = self._fault(word)
            self.faults[code] += 1
            if self.faults[code] <= KEPT_PER_CODE:
                self.places.append(Place(code, lines[row], shape(word), comma_of(word)))

    def _fault(self, word: str) -> str:
        if self.mode != "number":
            return f"not_{self.mode}"
        kind = meaning(word)
        return kind if kind in ("non_finite", "decimal_comma") else "not_numeric"

    def _note_missing(self, gaps: np.ndarray, count: int, lines: Lines) -> None:
        room = KEPT_PER_CODE - len(self.missing)
        self.missing += [lines[row] for row in np.flatnonzero(gaps)[:room].tolist()]
        self.missing_count += count

    def _add_tokens(self, cells: Words) -> None:
        counts = cells.counts
        if self.overflow:
            self._sample(cells.words, counts)
            return
        known = self.words
        table = np.array([known.setdefault(w, len(known)) for w in cells.words], np.int32)
        self.counts += [0] * (len(known) - len(self.counts))
        for code, count in zip(table.tolist(), counts, strict=True):
            self.counts[code] += count
        self._codes.append(np.asarray(table[cells.codes]))
        if len(known) > self.bound:
            self._give_up()

    def _give_up(self) -> None:
        """Too many words to be a category: from here on they are only counted."""
        self._sample(self.words, self.counts)
        self.overflow, self.stats.words = True, None
        self.words, self.counts = {}, []
        self._codes.clear()

    def _sample(self, words: Iterable[str], counts: Iterable[int]) -> None:
        """Count words that occur again; of the many others, which are like the few, some."""
        taken = {
            word: count if count > 1 else _ONE_OF
            for word, count in zip(words, counts, strict=False)
            if count > 1 or crc32(word.encode()) % _ONE_OF == 0
        }
        self.stats.add(taken, taken.values())
        self._measure(taken)

    def _measure(self, words: Iterable[str]) -> int:
        """How long words are; how many different ones there are."""
        filled = [word.strip() for word in words if not is_gap(word)]
        self.stats.seen += len(filled)
        self.stats.characters += sum(map(len, filled))
        self.stats.blanks += sum(" " in word for word in filled)
        return len(set(filled))
