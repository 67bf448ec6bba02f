"""Made-up tables as CSV: 20 columns and a label that can be learnt in part, as large as wanted.

numeric: numbers only. mixed: 12 numbers (two with gaps), six categories, a truth value, an id.
The same rows come out for the same seed, however many more follow.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

KINDS = ("numeric", "mixed")
TARGET = "label"
CLASSES = ("high", "low", "middle")
DROPPED = {"numeric": (), "mixed": ("row_id",)}
"""Columns that nobody should learn from."""
BYTES_A_ROW = {"numeric": 20 * 8 + 4, "mixed": (12 + 1) * 8 + 6 * 4 + 4}
"""What the columns and the label take in memory: floats of 8 bytes, codes of 4."""

_BLOCK = 50_000
_CATEGORIES = (3, 5, 8, 20, 60, 300)
_DIGITS = 5
_WIDTH = 9

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def write(path: Path, kind: str, rows: int | None = None, size: int | None = None) -> int:
    """Write a table of so many rows, or of about so many bytes; its rows."""
    made, block = 0, 0
    with path.open("wb") as out:
        out.write(",".join([*_names(kind), TARGET]).encode() + b"\n")
        while made < rows if rows is not None else out.tell() < (size or 0):
            count = _BLOCK if rows is None else min(_BLOCK, rows - made)
            out.write(_block(kind, block, made)[:count].tobytes().replace(b"\0", b""))
            made, block = made + count, block + 1
    return made


def _names(kind: str) -> list[str]:
    if kind == "numeric":
        return [f"n{i}" for i in range(20)]
    texts = [f"c{i}" for i in range(len(_CATEGORIES))]
    return [*DROPPED[kind], *(f"n{i}" for i in range(12)), *texts, "flag"]


def _block(kind: str, number: int, first: int) -> Bytes:
    """The rows of one block as text: (rows, bytes), filled up with NULs."""
    chance = np.random.default_rng([7, number])
    numbers = chance.normal(size=(_BLOCK, 20 if kind == "numeric" else 12))
    score = numbers[:, 0] * numbers[:, 1] + np.sin(2 * numbers[:, 2]) + numbers[:, 3] / 2
    cells = [_number(column) for column in numbers.T]
    if kind == "mixed":
        for at in (4, 5):
            cells[at][chance.random(_BLOCK) < 0.05, :-1] = 0
        codes = [chance.zipf(1.5, _BLOCK) % size for size in _CATEGORIES]
        flag = chance.integers(0, 2, _BLOCK)
        score = score + codes[1] / 3 - codes[3] / 15 + flag
        texts = [
            _text([f"c{at}_{code}" for code in range(size)], codes[at])
            for at, size in enumerate(_CATEGORIES)
        ]
        ids = np.arange(first, first + _BLOCK) + 1_000_000
        cells = [_plain(ids.astype("S")), *cells, *texts, _text(["false", "true"], flag)]
    score = score + chance.normal(scale=0.5, size=_BLOCK)
    labels = np.searchsorted([-0.5, 0.8], score)
    cells.append(_text(["low", "middle", "high"], labels))
    cells[-1][:, -1] = ord("\n")
    return np.concatenate(cells, axis=1)


def _number(values: Floats) -> Bytes:
    """-d.ddddd, and a comma."""
    whole = np.minimum(np.abs(values), 9.99999) * 10**_DIGITS
    left = whole.astype(np.int64)
    made = np.empty((len(values), _WIDTH), np.uint8)
    for at in range(_DIGITS + 2, 2, -1):
        left, digit = np.divmod(left, 10)
        made[:, at] = digit + ord("0")
    made[:, 2] = ord(".")
    made[:, 1] = left + ord("0")
    made[:, 0] = np.where(values < 0, ord("-"), 0)
    made[:, -1] = ord(",")
    return made


def _text(words: list[str], codes: npt.NDArray[np.int64]) -> Bytes:
    return _plain(np.array(words, "S")[codes])


def _plain(words: npt.NDArray[np.bytes_]) -> Bytes:
    made = np.full((len(words), words.itemsize + 1), ord(","), np.uint8)
    made[:, :-1] = words.view(np.uint8).reshape(len(words), -1)
    return made
