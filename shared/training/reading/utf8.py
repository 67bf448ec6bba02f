"""The bytes of a CSV as a stream of UTF-8: refuses what is no CSV, decodes marked UTF-16.

It never guesses an encoding: a wrong guess changes labels silently.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from shared.core.errors import DatasetRejected
from shared.training.reading.verdict import rejected

CHUNK = 1 << 21
"""Bytes read at a time by default."""

_PART = 1 << 18
"""Bytes counted at once: what fits the processor's cache."""

_COMPRESSED = {
    b"\x1f\x8b": ("gzip", "gunzip -c FILE.csv > mended.csv"),
    b"BZh": ("bzip2", "bunzip2 -c FILE.csv > mended.csv"),
    b"\xfd7zXZ": ("xz", "xz -dc FILE.csv > mended.csv"),
    b"\x28\xb5\x2f\xfd": ("zstd", "zstd -dc FILE.csv > mended.csv"),
}
_PANDAS = "python3 -c \"import pandas; pandas.{}.to_csv('mended.csv', index=False)\""
_EXCEL = _PANDAS.format("read_excel('FILE.xlsx')")
_OTHER = {
    b"PK\x03\x04": ("an Excel workbook or a zip archive", _EXCEL),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", _EXCEL),
    b"%PDF": ("a PDF document", "pdftotext -layout FILE.pdf"),
    b"PAR1": ("a Parquet file", _PANDAS.format("read_parquet('FILE.parquet')")),
    b"ARROW1": ("an Arrow file", _PANDAS.format("read_feather('FILE.arrow')")),
    b"SQLite format 3": ("an SQLite database", 'sqlite3 -header -csv FILE.db "select * from T"'),
}
_HTML = _PANDAS.format("read_html('FILE.html')[0]")
_JSON = _PANDAS.format("read_json('FILE.json')")
_MARKUP = ("<!doctype", "<html", "<?xml", "<table", "<head", "<body", "<svg")
_JSON_STARTS = ("{", "[{", "[[", "[\n", "[\r", "[ ")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def chunks(stream: BinaryIO, size: int = CHUNK) -> Iterator[bytes]:
    """The text as UTF-8 without its byte order mark, in pieces that may cut a character.

    Raises DatasetRejected: compressed, not_csv, encoding, nul_byte.
    """
    first = _fill(stream, size)
    _refuse_other_formats(first)
    mark, encoding = next((pair for pair in _MARKS if first.startswith(pair[0])), (b"", "utf-8"))
    checker = _Checker(encoding, len(mark))
    last = len(first) < size
    data = checker.check(first[len(mark) :], last)
    _refuse_markup(data, last)
    yield data
    while not last:
        more = _fill(stream, size)
        last = len(more) < size
        yield checker.check(more, last)


def count(data: bytes, byte: bytes) -> int:
    """How often one byte stands in data: several times as fast as bytes.count, and in parallel."""
    text = np.frombuffer(data, np.uint8)
    parts = range(0, len(text), _PART)
    return sum(int(np.count_nonzero(text[at : at + _PART] == byte[0])) for at in parts)


def _fill(stream: BinaryIO, size: int) -> bytes:
    """A whole chunk, however little the stream gives at a time."""
    data = stream.read(size)
    if not data or len(data) == size:
        return data
    parts, missing = [data], size - len(data)
    while missing and (more := stream.read(missing)):
        parts.append(more)
        missing -= len(more)
    return b"".join(parts)


class _Checker:
    """Every byte once: valid in its encoding, and no NUL. Knows offset and line of the first."""

    def __init__(self, encoding: str, offset: int) -> None:
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._plain = encoding == "utf-8"
        self._pending = b""
        self._offset = offset
        self._lines = 1
        self._after_return = False

    def check(self, data: bytes, last: bool) -> bytes:
        """The same text in UTF-8."""
        if self._plain and not self._pending and data.isascii():
            text = data
        else:
            text = self._decoded(data, last)
        if b"\0" in text:
            self._count(text[: text.index(b"\0")])
            raise rejected(
                "nul_byte",
                "a NUL byte stands in the file. It was cut off, is not text, or is UTF-16 without "
                "a byte order mark; export it again as UTF-8.",
                self._lines,
                mend="tr -d '\\000' < FILE.csv > mended.csv",
            )
        self._count(text)
        self._offset += len(data)
        return text

    def _decoded(self, data: bytes, last: bool) -> bytes:
        whole = self._pending + data
        try:
            text = self._decoder.decode(data, last)
        except UnicodeDecodeError as error:
            before = whole[: error.start].decode(self._encoding, "replace").encode()
            self._count(before)
            raise self._rejected(self._offset - len(self._pending) + error.start) from None
        self._pending = self._decoder.getstate()[0]
        if not self._plain:
            return text.encode("utf-8", "surrogatepass")
        return whole[: len(whole) - len(self._pending)]

    def _count(self, text: bytes) -> None:
        returns = count(text, b"\r") if b"\r" in text else 0
        ends = count(text, b"\n") + returns - (text.count(b"\r\n") if returns else 0)
        self._lines += ends - (self._after_return and text.startswith(b"\n"))
        self._after_return = text.endswith(b"\r")

    def _rejected(self, offset: int) -> DatasetRejected:
        return rejected(
            "encoding",
            f"byte {offset} (counted from 0) is no {self._encoding.upper()}. "
            "Save the file as UTF-8 (Excel: 'CSV UTF-8') and drop it again.",
            self._lines,
            mend="iconv -f CP1252 -t UTF-8 FILE.csv > mended.csv",
        )


def _refuse_other_formats(data: bytes) -> None:
    for mark, (kind, mend) in _COMPRESSED.items():
        if data.startswith(mark):
            raise rejected(
                "compressed",
                f"the file is compressed ({kind}). Unpack it and drop the CSV itself.",
                mend=mend,
            )
    for mark, (kind, mend) in _OTHER.items():
        if data.startswith(mark):
            raise _not_csv(kind, mend)


def _refuse_markup(data: bytes, whole: bool) -> None:
    start = data[:400].decode("utf-8", "replace").lstrip().casefold()
    if start.startswith(_MARKUP):
        raise _not_csv("a web page or XML", _HTML)
    if start.startswith(_JSON_STARTS):
        end = data[-400:].rstrip()
        if end.endswith((b"}", b"]")) if whole else '"' in start:
            raise _not_csv("JSON", _JSON)


def _not_csv(kind: str, mend: str) -> DatasetRejected:
    return rejected("not_csv", f"the file is {kind}, not CSV. Export the table as CSV.", mend=mend)
