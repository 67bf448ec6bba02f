"""One pass over a CSV: header, delimiter, then every part's cells into the columns' series."""

from __future__ import annotations

import contextlib
import csv
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from shared.core.errors import DatasetRejected
from shared.training.reading import delimiter, remedy, utf8
from shared.training.reading.part import Body, Part
from shared.training.reading.row import Row, lines, rows, told
from shared.training.reading.series import Series
from shared.training.reading.verdict import KEPT_PER_CODE, Verdict, counted, limits_line, rejected


@dataclass(frozen=True)
class Sizes:
    """Bytes. chunk: read at a time; small: up to which a file is read row by row; sample: which
    show a larger one's kinds first.

    They change the speed only, never what comes out.
    """

    chunk: int = utf8.CHUNK
    small: int = 1 << 18
    sample: int = 1 << 18


@dataclass(frozen=True)
class Head:
    """What is known before the pass. sample: the first rows' cells by column."""

    names: list[str]
    line: int
    sample: list[tuple[str, ...]]


Plan = Callable[[Head], list[Series] | None]


@dataclass
class Gathered:
    """A file's columns. series is None where there was no plan: only the rows' shape was looked at.

    complete: False where the rows could not be read to their end.
    """

    names: list[str]
    line: int
    series: list[Series] | None
    rows: int = 0
    complete: bool = True


def gather(
    stream: BinaryIO, most_columns: int, plan: Plan, verdict: Verdict, sizes: Sizes
) -> Gathered:
    """Read a CSV. plan: makes the series for a header, or None where it cannot be used.

    Raises DatasetRejected where nothing can be read at all; other findings go to the verdict.
    """
    chunks = utf8.chunks(stream, sizes.chunk)
    head = _enough(chunks)
    small = len(head) <= sizes.small and len(head) < sizes.chunk // 4  # then it is all
    start = _start(head, most_columns)
    body = Body(head[start.offset :], chunks, start.delimiter, start.rows_line, small)
    verdict.table = remedy.Table(start.names, start.line, start.delimiter)
    intake = _Intake(start.names, verdict)
    cut = head.rfind(b"\n", 0, start.offset + sizes.sample) + 1 or len(head)
    front = head[start.offset :] if small else head[start.offset : cut]
    sample = intake.right_rows(_sample(front, start), count=False)
    columns = list(zip(*sample, strict=True)) or [()] * len(start.names)
    series = plan(Head(start.names, start.line, columns))
    return intake.run(body, Gathered(start.names, start.line, series))


def _enough(chunks: Iterator[bytes]) -> bytes:
    """The first chunk, or more of them where they are too short to tell what the file is."""
    head = next(chunks)
    while len(head) < utf8.CHUNK and (
        head.count(b"\n") <= 2 * delimiter.LINES or head.count(b'"') % 2  # the header may go on
    ):
        more = next(chunks, None)
        if more is None:
            break
        head += more
    return head


@dataclass(frozen=True)
class _Start:
    """The header. offset, rows_line: byte and line at which the rows begin."""

    names: list[str]
    delimiter: str
    line: int
    offset: int
    rows_line: int


def _start(front: bytes, most: int) -> _Start:
    mark = delimiter.find(front)
    offset, count = 0, 0

    def counted() -> Iterator[str]:
        nonlocal offset, count
        for line in lines([front]):
            offset += len(line.encode())
            count += 1
            yield line

    reader = csv.reader(counted(), delimiter=mark, strict=True)
    before, cells = 0, []
    try:
        for cells in reader:
            if told(cells):
                break
            before = reader.line_num
        else:
            raise rejected("empty", "the file has no line with anything on it.", mend=remedy.FULLER)
    except csv.Error:
        list(rows([front], mark))  # says what is wrong
        raise
    if len(cells) > most:
        raise rejected(
            "too_many_columns",
            f"the header has {len(cells):,} columns; {most:,} is the most. "
            "Drop the columns that carry nothing.",
            before + 1,
            mend=limits_line("columns", len(cells)),
        )
    names = [unicodedata.normalize("NFC", name.strip()) for name in cells]
    return _Start(names, mark, before + 1, offset, count + 1)


def _sample(front: bytes, start: _Start) -> list[Row]:
    """The first rows, as far as they can be read."""
    found: list[Row] = []
    with contextlib.suppress(DatasetRejected):
        for row in rows([front], start.delimiter, start.rows_line):
            found.append(row)  # kept though an error may come behind it
    return found


class _Intake:
    """Takes parts apart into columns; counts the rows that do not fit."""

    def __init__(self, names: Sequence[str], verdict: Verdict) -> None:
        self._width = len(names)
        self._verdict = verdict
        self._blank: list[int] = []
        self._blank_count = 0
        self._lines: list[int] = []
        self._ragged: list[tuple[int, int]] = []
        self._shapes: Counter[tuple[int, bool]] = Counter()

    def run(self, body: Body, gathered: Gathered) -> Gathered:
        series = gathered.series

        def wants() -> list[bool | None]:
            return [None] * self._width if series is None else [one.wants for one in series]

        try:
            for part in body.parts(wants):
                gathered.rows += self._take(part, series)
        except DatasetRejected as error:
            self._verdict.add(error)
            gathered.complete = False
        self._tell_ragged(gathered)
        if self._blank_count:
            self._verdict.warn(
                "blank_row",
                f"{counted(self._blank_count, 'row')} with empty cells only left out.",
                self._blank[0],
            )
        return gathered

    def _take(self, part: Part, series: list[Series] | None) -> int:
        columns, found = part.columns, part.lines
        if part.raw:
            right = self.right_rows(part.raw)
            columns, found = list(zip(*right, strict=True)), self._lines
            if not right:
                return 0
        for one, cells in zip(series or (), columns, strict=False):
            one.add(cells, found)
        return len(found)

    def right_rows(self, found: Sequence[Row], *, count: bool = True) -> list[list[str]]:
        """The rows of the right width that hold something; `_lines` has the line of each."""
        right = [row for row in found if len(row[1]) == self._width and told(row[1])]
        self._lines = [line for line, _ in right]
        if count and len(right) < len(found):
            for line, cells in found:
                self._note(line, cells)
        return [cells for _, cells in right]

    def _note(self, line: int, cells: list[str]) -> None:
        if not told(cells):
            self._blank_count += 1
            self._blank = self._blank or [line]
        elif len(cells) != self._width:
            self._shapes[len(cells), not cells[-1]] += 1
            if len(self._ragged) < KEPT_PER_CODE:
                self._ragged.append((line, len(cells)))

    def _tell_ragged(self, gathered: Gathered) -> None:
        """Refuse rows of another width: one by one, or the header where they all have one more."""
        count, one_more = self._shapes.total(), self._width + 1
        wider = {empty: self._shapes[one_more, empty] for empty in (True, False)}
        if count > gathered.rows and sum(wider.values()) == count:
            added = "column"
            names = [*gathered.names, added] if wider[True] == count else [added, *gathered.names]
            self._verdict.refuse(
                "ragged_row",
                f"the header has {self._width} names, and the rows have {one_more} cells. Name "
                "every column.",
                gathered.line,
                mend=remedy.header(names, self._verdict.table),
            )
            return
        for line, width in self._ragged:
            self._verdict.refuse(
                "ragged_row",
                f"this row has {width} cells, the header {self._width}. "
                "Quote cells that hold the delimiter, fill up short rows, or leave the row out.",
                line,
                mend=remedy.Row(line),
            )
        if count > len(self._ragged):
            self._verdict.count_more("ragged_row", count - len(self._ragged))
