"""Reads a CSV to predict for: its columns found by name, its rows some at a time.

What a file is (encoding, delimiter, quoting, line ends) is read as in training, and refused as
there; only what is wrong with a single row leaves the others be.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from shared.core.errors import DatasetRejected, Finding
from shared.core.suggestion import nearest
from shared.training.reading import delimiter, utf8
from shared.training.reading.row import Row, rows, told
from shared.training.reading.target import key

CHUNK = 1 << 20
"""Bytes read at a time."""


__all__ = ["Row", "Table", "opened"]


@dataclass(frozen=True)
class Table:
    """An opened CSV. names: of its columns; body: every row below them, with its line."""

    names: tuple[str, ...]
    body: Iterator[Row]

    def places(self, wanted: Sequence[str], who: str = "the model takes") -> list[int]:
        """Position of each column, found without case and blanks. who: begins the sentence about
        one that is missing. Raises DatasetRejected."""
        keys = [key(name) for name in self.names]
        absent = [name for name in wanted if key(name) not in keys]
        if absent:
            asked = set(map(key, wanted))
            others = [name for name in self.names if key(name) not in asked]
            raise DatasetRejected(*(_absent(name, others, who) for name in absent))
        twice = [name for name in wanted if keys.count(key(name)) > 1]
        if twice:
            raise DatasetRejected(*(_twice(name) for name in twice))
        return [keys.index(key(name)) for name in wanted]

    def pieces(self, most: int) -> Iterator[list[Row]]:
        """Some rows at a time, without those that hold nothing."""
        found = (row for row in self.body if told(row[1]))
        while piece := list(islice(found, most)):
            yield piece


def opened(stream: BinaryIO) -> Table:
    """Read the header. Raises DatasetRejected for what is no CSV."""
    chunks = utf8.chunks(stream, CHUNK)
    head = next(chunks)
    mark = delimiter.find(head)
    found = rows(chain([head], chunks), mark)
    for _, cells in found:
        if told(cells):
            names = tuple(unicodedata.normalize("NFC", name.strip()) for name in cells)
            return Table(names, found)
    raise DatasetRejected(Finding("empty", "the file has no line with anything on it."))


def _absent(name: str, names: Sequence[str], who: str) -> Finding:
    near = nearest(name, list(names))
    hint = f" Is it {near[:80]!r}?" if near else ""
    message = f"{who} {name[:80]!r}, and the file has no such column.{hint}"
    return Finding("missing_column", message, 1, name)


def _twice(name: str) -> Finding:
    return Finding("duplicate_column", "two columns have this name. Rename one.", 1, name)
