"""A block's columns by pandas' parser, given out only where they are what row by row would give.

Measured against it: pandas takes cells that are too few for gaps, infinity for a number, skips
lines of blanks. Where any of that could be, the block is read row by row.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from shared.training.reading.block import Block
from shared.training.reading.number import GAPS, LARGEST
from shared.training.reading.series import Cells
from shared.training.reading.word import Floats, Words

_SPELLINGS = sorted({form for gap in GAPS for form in (gap, gap.upper(), gap.title())} | {"NaN"})


def parse(block: Block, delimiter: str, words: Sequence[bool | None]) -> list[Cells] | None:
    """The columns as Words, as floats or not at all, as `words` says; None: read row by row."""
    if block.close:
        return None
    frame = _frame(block, delimiter, words)
    if frame is None or len(frame) != block.rows:
        return None
    cells: list[Cells] = []
    for place, text in enumerate(words):
        column = _words(frame[place]) if text else _floats(frame[place]) if text is False else None
        if column is None and text is not None:
            return None
        cells.append(column)
    if not _all_whole(cells[-1], frame, block, delimiter) or _has_blank_row(cells):
        return None
    return cells


def _frame(block: Block, delimiter: str, words: Sequence[bool | None]) -> Any:
    numbers = {place: _SPELLINGS for place, text in enumerate(words) if text is False}
    try:
        frame = pd.read_csv(
            io.BytesIO(block.data),
            sep=delimiter,
            header=None,
            names=range(len(words)),
            dtype={place: object for place, text in enumerate(words) if text},
            keep_default_na=False,
            na_values=numbers,
            low_memory=False,
            engine="c",
        )
    except (ValueError, OverflowError):
        return None
    return frame if isinstance(frame.index, pd.RangeIndex) else None


def _all_whole(last: Cells, frame: Any, block: Block, delimiter: str) -> bool:
    """Whether no row was too short: then its last cell would be a gap."""
    if isinstance(last, Words):
        gaps = "" in last.words
    else:
        column = frame.iloc[:, -1]
        gaps = bool(column.hasnans or (last is None and column.isin([""]).any()))
    if not gaps:
        return True
    expected = block.rows * (frame.shape[1] - 1)
    return block.plain and block.data.count(delimiter.encode()) == expected


def _words(column: Any) -> Words:
    codes, words = pd.factorize(column.to_numpy())
    return Words(codes.astype(np.int32), words.tolist())


def _floats(column: Any) -> Floats | None:
    """None where pandas found something else than numbers, or one that is too large."""
    if column.dtype.kind not in "iuf":
        return None
    values: Floats = column.to_numpy(np.float64)
    low, high = values.min(), values.max()
    if np.isnan(low):
        low, high = np.fmin.reduce(values), np.fmax.reduce(values)
    return None if low < -LARGEST or high > LARGEST else values


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
