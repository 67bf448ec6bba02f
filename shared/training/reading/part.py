"""The parts of a CSV below its header: columns of some rows at a time, by the quickest safe way.

A file that is small is read row by row. Of a larger one each block goes through the fast parser
in a thread, and row by row where that one steps back; from the first irregular quote on
everything goes row by row. The parts come in the file's order either way.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from shared.core.errors import DatasetRejected
from shared.training.reading.block import Block, Blocks
from shared.training.reading.row import Row, rows
from shared.training.reading.series import Cells, Lines

if TYPE_CHECKING:
    from shared.training.reading.fast import Parser

PART_ROWS = 16_384

_PIECE = 1 << 17
"""Bytes up to which a block is read row by row as a whole."""

Wants = Callable[[], Sequence[bool | None]]


@dataclass(frozen=True)
class Part:
    """Some rows by column, with the line of each. raw: rows that nobody has looked at yet."""

    columns: list[Cells]
    lines: Lines
    raw: Sequence[Row] = ()


@dataclass(frozen=True)
class Body:
    """What stands below the header, from line `line` on. small: `head` is all of it."""

    head: bytes
    chunks: Iterator[bytes]
    delimiter: str
    line: int
    small: bool

    def parts(self, wants: Wants) -> Iterator[Part]:
        """Every part in order. wants: which columns are asked for as words, as numbers, or
        not at all (None), at this moment."""
        if self.small:
            yield from _by_rows(rows([self.head], self.delimiter, self.line))
            return
        from shared.training.reading.fast import Parser

        blocks = Blocks(self.head, self.chunks, self.delimiter, self.line)
        parser = Parser(self.delimiter)
        parser.look(self.head, wants())
        yield from _in_threads(blocks, parser, wants)
        yield from _by_rows(rows(blocks.rest(), self.delimiter, blocks.line))


def _in_threads(blocks: Iterable[Block], parser: Parser, wants: Wants) -> Iterator[Part]:
    """The blocks' parts, a few ahead. What the stream raises comes behind all that was read."""
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    waiting: deque[tuple[Block, Future[list[Cells] | None]]] = deque()
    error: DatasetRejected | None = None
    source = iter(blocks)
    with ThreadPoolExecutor(min(workers, 4)) as pool:
        while True:
            try:
                for block in islice(source, workers + 1 - len(waiting)):
                    waiting.append((block, pool.submit(parser.parse, block, wants())))
            except DatasetRejected as raised:
                error, source = raised, iter(())
            if not waiting:
                break
            block, parsed = waiting.popleft()
            yield from _parts(block, parsed.result(), parser, wants)
    if error:
        raise error


def _parts(
    block: Block, columns: list[Cells] | None, parser: Parser, wants: Wants
) -> Iterator[Part]:
    if columns is not None:
        late = block.rows != block.lines
        found = range(block.line, block.line + block.rows)
        yield Part(columns, _LateLines(block, parser.delimiter) if late else found)
    elif len(block.data) <= _PIECE:
        yield from _by_rows(rows([block.data], parser.delimiter, block.line))
    else:
        yield from _in_pieces(block, parser, wants)


def _in_pieces(block: Block, parser: Parser, wants: Wants) -> Iterator[Part]:
    """A large block in which something is odd: only the piece that it is in goes row by row."""
    data, delimiter = block.data, parser.delimiter
    cuts = (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))
    pieces = Blocks(b"", cuts, delimiter, block.line)
    for piece in pieces:
        columns = parser.parse(piece, wants())
        if columns is None:
            yield from _by_rows(rows([piece.data], delimiter, piece.line))
        else:
            yield from _parts(piece, columns, parser, wants)
    yield from _by_rows(rows(pieces.rest(), delimiter, pieces.line))


def _by_rows(found: Iterator[Row]) -> Iterator[Part]:
    """Parts of limited size. What the rows raise comes behind all rows before it."""
    kept: list[Row] = []
    try:
        for row in found:
            kept.append(row)
            if len(kept) == PART_ROWS:
                yield Part([], (), kept)
                kept = []
    except DatasetRejected:
        yield Part([], (), kept)
        raise
    if kept:
        yield Part([], (), kept)


class _LateLines(Sequence[int]):
    """The lines of a block's rows, found out when the first is asked for."""

    def __init__(self, block: Block, delimiter: str) -> None:
        self._block, self._delimiter = block, delimiter
        self._lines: list[int] = []

    def __len__(self) -> int:
        return self._block.rows

    def __getitem__(self, row):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        if not self._lines:
            block = self._block
            found = rows([block.data], self._delimiter, block.line)
            self._lines = [line for line, _ in found]
        return self._lines[row]
