"""A block's columns by pandas' parser, given out only where they are what row by row would give.

Measured against it: pandas takes cells that are too few for gaps, infinity for a number, skips
lines of blanks. Where any of that could be, the block is read row by row.

Its parser is taken without `read_csv` around it, through `pandas._libs` as `read_csv` does itself
for a file: one a thread, which keeps its buffers from block to block and leaves Python alone while
it works. That halves the time; tests hold it to what row by row gives.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas._libs.parsers import TextReader

from shared.training.dataset import Floats
from shared.training.reading.block import Block
from shared.training.reading.number import GAPS, LARGEST
from shared.training.reading.series import Cells
from shared.training.reading.word import Words

_LOOK = 1 << 16
"""Bytes by which columns that look like numbers are found before the first block."""

_SPELLINGS = {form for gap in GAPS for form in (gap, gap.upper(), gap.title())} | {"NaN"}

Wanted = Sequence[bool | None]
"""Of each column: whether it is wanted as Words, as floats, or not at all (None)."""

Columns = Mapping[int, Any]
"""Arrays of numbers or of texts, or texts that pandas has not wrapped yet, by column."""


class Parser:
    """Parses the blocks of one file, in any thread. What columns of words look like is learnt:
    those that look like numbers or truth values must be kept from becoming any."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter
        self._kept: frozenset[int] = frozenset()
        self._of_thread = threading.local()

    def look(self, head: bytes, wanted: Wanted) -> None:
        """Learn from the first rows, so that the first blocks need not be parsed twice."""
        rows = head[: head.rfind(b"\n", 0, _LOOK) + 1]
        if rows and b'"' not in rows:
            self._columns(rows, wanted)

    def parse(self, block: Block, wanted: Wanted) -> list[Cells] | None:
        """The columns as they are wanted; None: read row by row."""
        if block.close:
            return None
        columns = self._columns(block.data, wanted)
        if columns is None or len(columns[0]) != block.rows:
            return None
        cells: list[Cells] = []
        for place, text in enumerate(wanted):
            found = columns[place]
            cells.append(None if text is None else _words(found) if text else _floats(found))
            if cells[-1] is None and text is not None:
                return None
        whole = not _has_gaps(cells[-1], columns) or _counts(block, self.delimiter, len(wanted))
        return cells if whole and not _has_blank_row(cells) else None

    def _columns(self, data: bytes, wanted: Wanted) -> Columns | None:
        columns = self._read(data, wanted)
        if columns is None:
            return None
        changed = {p for p, text in enumerate(wanted) if text and not _is_text(columns[p])}
        if not changed:
            return columns
        self._kept |= changed
        return self._read(data, wanted)

    def _read(self, data: bytes, wanted: Wanted) -> Columns | None:
        mine = self._of_thread
        key = (tuple(wanted), self._kept)
        if getattr(mine, "key", None) != key:
            mine.key, mine.reader = key, _reader(self.delimiter, *key)
        try:
            mine.reader.load_buffer(data)
            columns: Columns = mine.reader.read()
        except (ValueError, OverflowError, StopIteration):
            mine.key = None  # its state is unknown now
            return None
        return columns


def _reader(delimiter: str, wanted: tuple[bool | None, ...], kept: frozenset[int]) -> Any:
    numbers = [place for place, text in enumerate(wanted) if text is False]
    reader = TextReader(
        io.BytesIO(),
        delimiter=delimiter,
        header=None,
        names=list(range(len(wanted))),
        allow_leading_cols=False,
        keep_default_na=False,
        na_values=dict.fromkeys(numbers, _SPELLINGS),
        na_fvalues={place: set() for place in numbers},
    )
    reader.trim_after_read = False
    reader.defer_pa_wrap = True
    for place in kept:
        if wanted[place]:
            reader.set_noconvert(place)
    return reader


def _is_text(column: Any) -> bool:
    """Whether these are the texts of the file, not yet wrapped or as Python's own."""
    return hasattr(column, "materialize") or column.dtype == object


def _words(column: Any) -> Words:
    if hasattr(column, "materialize"):
        found = column.materialize().dictionary_encode()
        return Words(found.indices.to_numpy(), found.dictionary.to_pylist())
    codes, words = pd.factorize(column)
    return Words(codes.astype(np.int32), words.tolist())


def _floats(column: Any) -> Floats | None:
    """None where pandas found something else than numbers, or one that is too large."""
    if column.dtype.kind not in "iuf":
        return None
    values: Floats = column.astype(np.float64, copy=False)
    low, high = values.min(), values.max()
    if np.isnan(low):
        low, high = np.fmin.reduce(values), np.fmax.reduce(values)
    return None if low < -LARGEST or high > LARGEST else values


def _has_gaps(last: Cells, columns: Columns) -> bool:
    """Whether any cell of the last column is a gap, as it would be of a row that is too short."""
    if isinstance(last, Words):
        return "" in last.words
    column = columns[len(columns) - 1] if last is None else last
    if _is_text(column):
        return "" in _words(column).words
    return bool(pd.isna(column).any())


def _counts(block: Block, delimiter: str, width: int) -> bool:
    """Whether there are as many delimiters as rows of that width have."""
    return block.plain and block.data.count(delimiter.encode()) == block.rows * (width - 1)


def _has_blank_row(columns: Sequence[Cells]) -> bool:
    """Whether in some row no cell that was asked for may hold anything."""
    blank: Any = None
    for column in columns:
        if isinstance(column, Words):
            empty = np.array([not word.strip() for word in column.words], bool)[column.codes]
        elif isinstance(column, np.ndarray):
            empty = np.isnan(column)
        else:
            continue
        blank = empty if blank is None else blank & empty
        if not blank.any():
            return False
    return blank is not None
