"""A stream of text cut into blocks of whole rows that a fast parser reads as the thorough one does.

A block is only given out where its quotes are regular: each opens a cell or closes one, or is
doubled. At the first that is not, the stream goes on row by row (`rest`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shared.training.reading.utf8 import count

_WINDOW = 1 << 16
"""A line, or a quoted cell, longer than this is looked at closely. Below row.MAX_FIELD."""


@dataclass(frozen=True)
class Block:
    """Whole rows. line: number of the first; lines: how many; rows: as many, or fewer where cells
    hold line ends. plain: no quotes; close: to be read row by row, since something is odd in it.
    """

    data: bytes
    line: int
    lines: int
    rows: int
    plain: bool
    close: bool


class Blocks:
    """The blocks of a stream, then what is left of it where it stops being regular."""

    def __init__(self, head: bytes, chunks: Iterator[bytes], delimiter: str, line: int) -> None:
        self._buffer = head
        self._chunks = chunks
        self._marks = np.zeros(256, bool)
        self._marks[[ord(delimiter), 10, 13, 34]] = True
        self.line = line

    def __iter__(self) -> Iterator[Block]:
        last = False
        while not last:
            chunk = next(self._chunks, None)
            last = chunk is None
            data, rest = self._cut(chunk)
            block = None if rest and not data and len(rest) > 2 * _WINDOW else self._block(data)
            if block is None:
                self._buffer = data + rest
                return
            self._buffer = rest
            if block.data:
                self.line += block.lines
                yield block

    def _cut(self, chunk: bytes | None) -> tuple[bytes, bytes]:
        """Whole rows, and the beginning of the next one."""
        if chunk is None:
            return self._buffer, b""
        if b'"' not in chunk and b'"' not in self._buffer and (end := chunk.rfind(b"\n") + 1):
            return b"".join((self._buffer, memoryview(chunk)[:end])), chunk[end:]
        whole = self._buffer + chunk
        end = _last_row(whole)
        return whole[:end], whole[end:]

    def rest(self) -> Iterator[bytes]:
        """Everything behind the last block, from line `self.line` on."""
        buffer, self._buffer = self._buffer, b""
        if buffer:
            yield buffer
        yield from self._chunks

    def _block(self, data: bytes) -> Block | None:
        """None: its quotes or its line ends are not regular."""
        if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
            return None
        lines = count(data, b"\n") + (bool(data) and not data.endswith(b"\n"))
        close = _has_long_line(data)
        if b'"' not in data:
            return Block(data, self.line, lines, lines, True, close)
        quotes = self._quotes(np.frombuffer(data, np.uint8))
        if quotes is None:
            return None
        inside, long = _inside(data, quotes)
        return Block(data, self.line, lines, lines - inside, False, close or long)

    def _quotes(self, text: np.ndarray) -> np.ndarray | None:
        """Where the quotes are, or None."""
        quotes = np.flatnonzero(text == 34)
        if len(quotes) % 2:
            return None
        before, after = quotes[0::2] - 1, quotes[1::2] + 1
        before, after = before[before >= 0], after[after < len(text)]
        regular = self._marks[text[before]].all() and self._marks[text[after]].all()
        return quotes if regular else None


def _last_row(data: bytes) -> int:
    """Where the last whole row ends: behind a line end that no quotes enclose."""
    end = data.rfind(b"\n") + 1
    before = data.count(b'"', 0, end) if b'"' in data else 0
    while before % 2:  # `end` is inside of quotes: go back before the one that opens them
        opening = data.rfind(b'"', 0, end)
        start = data.rfind(b"\n", 0, opening) + 1
        before -= data.count(b'"', start, end)
        end = start
    return end


def _has_long_line(data: bytes) -> bool:
    return any(
        data.find(b"\n", start, start + _WINDOW) < 0
        for start in range(0, len(data) - _WINDOW, _WINDOW)
    )


def _inside(data: bytes, quotes: np.ndarray) -> tuple[int, bool]:
    """How many line ends stand inside of quotes; whether any quoted text is long."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 10)
    inside = np.count_nonzero(np.searchsorted(quotes, ends) % 2)
    return int(inside), bool((quotes[1::2] - quotes[0::2]).max() > _WINDOW)
