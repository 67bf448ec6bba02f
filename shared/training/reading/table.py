"""The rows of a CSV with their line numbers: delimiter, header, quoting, widths.

Streams in blocks, so that a row costs memory only while its block is looked at.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from shared.core.errors import DatasetRejected, Finding
from shared.training.reading.verdict import Verdict

MAX_LINE = 1_000_000
MAX_FIELD = 131_072
"""Characters. The field's limit is the csv module's own default; it is not changed here."""
MAX_COLUMNS = 1_000
BLOCK_ROWS = 4_096
DELIMITERS = ",;\t|"

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


@dataclass(frozen=True)
class Block:
    """Some rows, by column, and the line that each begins on."""

    lines: list[int]
    columns: list[tuple[str, ...]]


class Table:
    """One CSV. `names`: the header, trimmed and in NFC; `blocks`: the rows below it."""

    def __init__(self, text: str) -> None:
        self.delimiter = _delimiter(text)
        self._rows = _numbered(text, self.delimiter)
        self.header_line, header = next((row for row in self._rows if _told(row[1])), (0, []))
        self.names = [unicodedata.normalize("NFC", name.strip()) for name in header]
        if not header:
            raise _rejected("empty", "the file has no line with anything on it.")
        if len(header) > MAX_COLUMNS:
            raise _rejected(
                "too_many_columns",
                f"the header has {len(header):,} columns; {MAX_COLUMNS:,} is the most. "
                "Drop the columns that carry nothing.",
                self.header_line,
            )

    def blocks(self, verdict: Verdict) -> Iterator[Block]:
        """The rows of the right width, in blocks; the others are refused, blank ones warned of."""
        width, blank = len(self.names), []
        while rows := list(islice(self._rows, BLOCK_ROWS)):
            good = []
            for line, cells in rows:
                if not _told(cells):
                    blank.append(line)
                elif len(cells) != width:
                    verdict.refuse(
                        "ragged_row",
                        f"this row has {len(cells)} cells, the header {width}. "
                        "Quote cells that hold the delimiter, and fill up short rows.",
                        line,
                    )
                else:
                    good.append((line, cells))
            if good:
                lines, cells_of_rows = zip(*good, strict=True)
                yield Block(list(lines), list(zip(*cells_of_rows, strict=True)))
        if blank:
            verdict.warn("blank_row", f"{len(blank)} rows with empty cells only left out", blank[0])


def _told(cells: list[str]) -> bool:
    return any(cell and not cell.isspace() for cell in cells)


def _lines(text: str) -> Iterator[str]:
    for number, found in enumerate(_LINE.finditer(text), 1):
        line = found[0]
        if len(line) > MAX_LINE:
            raise _rejected(
                "line_too_long",
                f"this line is longer than {MAX_LINE:,} characters: not a table's row.",
                number,
            )
        yield line


def _numbered(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not an empty line, with the line it begins on."""
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    before = 0
    try:
        for cells in reader:
            if cells:
                yield before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        raise _broken(str(error), before + 1, reader.line_num) from None


def _broken(error: str, line: int, last: int) -> DatasetRejected:
    if "field larger" in error and last == line:
        return _rejected(
            "field_too_long", f"a cell of this row is longer than {MAX_FIELD:,} characters.", line
        )
    return _rejected(
        "quoting",
        "a double quote is opened in this row and never closed, or text follows a closing one. "
        'Write a quote inside a quoted cell twice ("").',
        line,
    )


def _delimiter(text: str) -> str:
    """The delimiter that the first lines agree on; a comma where nothing else does."""
    head = [line for line in islice(_lines(text), 20) if line.strip()]
    widths = {mark: _widths(head, mark) for mark in DELIMITERS}
    fitting = {m: w[0] for m, w in widths.items() if w and w[0] > 1 and len(set(w)) == 1}
    if fitting:
        widest = max(fitting.values())
        best = [mark for mark, width in fitting.items() if width == widest]
        if fitting.get(",") == widest or len(fitting) == 1:
            return "," if "," in best else best[0]
        raise _rejected(
            "delimiter_unclear",
            "the columns can be told apart by more than one of comma, semicolon, tab and bar. "
            "Export with commas, and quote cells that hold one.",
            1,
        )
    in_header = [mark for mark, found in widths.items() if found and found[0] > 1]
    return in_header[0] if in_header else ","


def _widths(head: list[str], mark: str) -> list[int]:
    try:
        return [len(row) for row in csv.reader(head, delimiter=mark)]
    except csv.Error:
        return []


def _rejected(code: str, message: str, line: int | None = None) -> DatasetRejected:
    return DatasetRejected(Finding(code, message, line))
