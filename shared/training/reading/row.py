"""The rows of a CSV one by one, with the line each begins on: thorough, and the reference.

What it makes of a file is what the file means; the fast way must agree or step back.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator

from shared.core.errors import DatasetRejected
from shared.training.reading.remedy import Row as WithoutRow
from shared.training.reading.verdict import rejected

MAX_LINE = 1_000_000
MAX_FIELD = 131_072
"""Characters. The field's limit is the csv module's own default; it is not changed here."""

Row = tuple[int, list[str]]

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


def rows(chunks: Iterable[bytes], delimiter: str, line: int = 1) -> Iterator[Row]:
    """Every row that is not an empty line, with the line it begins on. Raises DatasetRejected.

    chunks: valid UTF-8 that begins with a row; line: the number of its first line.
    """
    reader = csv.reader(lines(chunks, line), delimiter=delimiter, strict=True)
    before = line - 1
    try:
        for cells in reader:
            if cells:
                yield before + 1, cells
            before = line - 1 + reader.line_num
    except csv.Error as error:
        raise _broken(str(error), before + 1, line - 1 + reader.line_num) from None


def lines(chunks: Iterable[bytes], first: int = 1) -> Iterator[str]:
    """The lines with their ends: LF, CRLF or CR. A line beyond MAX_LINE is refused."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    number, rest = first, ""
    for chunk in chunks:
        text, rest = rest + decoder.decode(chunk), ""
        for found in _LINE.finditer(text):
            if found.end() == len(text):  # may go on in the next chunk
                rest = found[0]
                _short(rest, number)
            else:
                yield _short(found[0], number)
                number += 1
    for line in _LINE.findall(rest):
        yield _short(line, number)
        number += 1


def told(cells: Iterable[str]) -> bool:
    """Whether any cell holds more than blanks."""
    return any(cell and not cell.isspace() for cell in cells)


def _short(line: str, number: int) -> str:
    if len(line) > MAX_LINE:
        raise rejected(
            "line_too_long",
            f"this line is longer than {MAX_LINE:,} characters: not a table's row.",
            number,
            mend=WithoutRow(number),
        )
    return line


def _broken(error: str, line: int, last: int) -> DatasetRejected:
    if "field larger" in error and last == line:
        return rejected(
            "field_too_long",
            f"a cell of this row is longer than {MAX_FIELD:,} characters. Leave the row out.",
            line,
            mend=WithoutRow(line),
        )
    return rejected(
        "quoting",
        "a double quote is opened in this row and never closed, or text follows a closing one. "
        'Write a quote inside a quoted cell twice (""), or leave the row out.',
        line,
        mend=WithoutRow(line),
    )
