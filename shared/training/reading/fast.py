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


def parse(block: Block, delimiter: str, words: Sequence[bool]) -> list[Cells] | None:
    """The columns, as Words where `words` says so and else as floats; None: read row by row."""
    if block.close:
        return None
    frame = _frame(block, delimiter, words)
    if frame is None or len(frame) != block.rows:
        return None
    if not _all_whole(frame, block, delimiter, words[-1]):
        return None
    columns = [
        _words(frame[place]) if text else _floats(frame[place]) for place, text in enumerate(words)
    ]
    cells: list[Cells] = [column for column in columns if column is not None]
    return None if len(cells) < len(words) or _has_blank_row(cells) else cells


def _frame(block: Block, delimiter: str, words: Sequence[bool]) -> Any:
    numbers = {place: _SPELLINGS for place, text in enumerate(words) if not text}
    try:
        frame = pd.read_csv(
            io.BytesIO(block.data),
            sep=delimiter,
            header=None,
            names=range(len(words)),
            dtype={place: "category" if text else "float64" for place, text in enumerate(words)},
            keep_default_na=False,
            na_values=numbers,
            low_memory=False,
            engine="c",
        )
    except (ValueError, OverflowError):
        return None
    return frame if isinstance(frame.index, pd.RangeIndex) else None


def _all_whole(frame: Any, block: Block, delimiter: str, last_is_words: bool) -> bool:
    """Whether no row was too short: then its last cell would be a gap."""
    if not frame.iloc[:, -1].hasnans:
        return True
    expected = len(frame) * (frame.shape[1] - 1)
    return not last_is_words and block.plain and block.data.count(delimiter.encode()) == expected


def _words(column: Any) -> Words:
    return Words(column.cat.codes.to_numpy(np.int32), column.cat.categories.tolist())


def _floats(column: Any) -> Floats | None:
    values: Floats = column.to_numpy(np.float64, copy=True)  # a view would keep the whole frame
    return values if not (np.abs(values) > LARGEST).any() else None


def _has_blank_row(columns: Sequence[Cells]) -> bool:
    """Whether in some row no cell may hold anything."""
    blank: Any = None
    for column in columns:
        if isinstance(column, Words):
            empty = np.array([not word.strip() for word in column.words], bool)[column.codes]
        else:
            empty = np.isnan(column)
        blank = empty if blank is None else blank & empty
        if not blank.any():
            return False
    return True
