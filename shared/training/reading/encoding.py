"""Bytes of a CSV to text: refuses what is no CSV, decodes UTF-8 and marked UTF-16.

It never guesses an encoding: a wrong guess changes labels silently.
"""

from __future__ import annotations

import codecs

from shared.core.errors import DatasetRejected, Finding

_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_OTHER = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3": "an SQLite database",
}
_MARKUP = ("<!doctype", "<html", "<?xml", "<table", "<head", "<body", "<svg")
_JSON = ("{", "[{", "[[", "[\n", "[\r", "[ ")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes) -> str:
    """The text, without its byte order mark. DatasetRejected: compressed, not_csv, encoding,
    nul_byte."""
    _refuse_other_formats(data)
    mark, encoding = next((pair for pair in _MARKS if data.startswith(pair[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise _encoding(data, len(mark) + error.start, encoding) from None
    if "\0" in text:
        raise _rejected(
            "nul_byte",
            "a NUL byte stands in the file. It was cut off, is not text, or is UTF-16 without a "
            "byte order mark; export it again as UTF-8.",
            line_of(text, text.index("\0")),
        )
    start = text[:200].lstrip().casefold()
    if start.startswith(_MARKUP):
        raise _not_csv("a web page or XML")
    if start.startswith(_JSON) and text.rstrip().endswith(("}", "]")):
        raise _not_csv("JSON")
    return text


def line_of(text: str, offset: int) -> int:
    """1-based line of a character; CR, LF and CRLF each end one line."""
    head = text[:offset]
    return 1 + head.count("\n") + head.count("\r") - head.count("\r\n")


def _refuse_other_formats(data: bytes) -> None:
    for mark, kind in _COMPRESSED.items():
        if data.startswith(mark):
            raise _rejected(
                "compressed", f"the file is compressed ({kind}). Unpack it and drop the CSV itself."
            )
    for mark, kind in _OTHER.items():
        if data.startswith(mark):
            raise _not_csv(kind)


def _encoding(data: bytes, offset: int, encoding: str) -> DatasetRejected:
    before = data[:offset].decode(encoding, "replace")
    return _rejected(
        "encoding",
        f"byte {offset} (counted from 0) is no {encoding.upper()}. "
        "Save the file as UTF-8 (Excel: 'CSV UTF-8') and drop it again.",
        line_of(before, len(before)),
    )


def _not_csv(kind: str) -> DatasetRejected:
    return _rejected("not_csv", f"the file is {kind}, not CSV. Export the table as CSV.")


def _rejected(code: str, message: str, line: int | None = None) -> DatasetRejected:
    return DatasetRejected(Finding(code, message, line))
