"""Lines to copy that mend a file. What mends several findings alike is one line for all of them:
one after the other, each would look for its row where the one before had moved it."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

FILE, MENDED = "FILE.csv", "mended.csv"
"""Names that stand for the person's own."""

DROP = "./run drop FILE.csv --model MODEL"
FULLER = "./run drop FULLER.csv --model MODEL"

_LONGEST = 4_000
"""Characters of a header that a line to copy may hold."""

_AFTER = r"(?:[0-9]{1,2}(?![0-9])|[0-9]{4})"
_DECIMALS = re.compile(rf"\.[0-9]{{3}}[.,][0-9]|\b0,|,{_AFTER}")
_THOUSANDS = re.compile(rf",[0-9]{{3}}[.,]|\b0\.|\.{_AFTER}")
_COMMAS = (("decimal", ",", '.replace(",", ".", regex=True)'), ("thousands", ".", ""))
_MONEY = "EUR|USD|GBP|CHF|JPY"


@dataclass(frozen=True, order=True)
class Row:
    """Leave out the row that begins on this line."""

    line: int


@dataclass(frozen=True, order=True)
class Number:
    """Write the numbers of a column plainly. comma: "decimal", "thousands", "" where that cannot be
    told, or there is none."""

    column: str
    comma: str = ""


@dataclass(frozen=True, order=True)
class Date:
    """Write the dates of a column, day.month.year until now, as ISO 8601 has them."""

    column: str


@dataclass(frozen=True, order=True)
class Rename:
    """Give a column the name that the live model knows it by."""

    place: int
    name: str


Remedy = str | Row | Number | Date | Rename
"""A line of its own, or a part of one."""


@dataclass(frozen=True)
class Table:
    """What lines to copy need to know of a file. line: of the header."""

    names: Sequence[str] = ()
    line: int = 1
    delimiter: str = ","


def lines(remedies: Sequence[Remedy], table: Table) -> list[str]:
    """Of each remedy the line to copy."""
    rows = without_rows(sorted({one.line for one in remedies if isinstance(one, Row)}))
    numbers = plain_numbers([one for one in remedies if isinstance(one, Number)], table.delimiter)
    dates = plain_dates(sorted({one.column for one in remedies if isinstance(one, Date)}))
    plain = pandas("; ".join([*numbers, *dates]), table.delimiter)
    names = dict(enumerate(table.names))
    names |= {one.place: one.name for one in remedies if isinstance(one, Rename)}
    said = {Row: rows, Number: plain, Date: plain, Rename: header(list(names.values()), table)}
    return [one if isinstance(one, str) else said[type(one)] for one in remedies]


def without_rows(rows: Sequence[int]) -> str:
    """Leaves out the rows that begin on these lines. (`-i.bak` is what every sed understands.)"""
    return f"sed -i.bak '{';'.join(f'{row}d' for row in rows)}' {FILE}"


def comma_of(cell: str) -> str:
    """What a comma in a number is, if that can be told."""
    return "decimal" if _DECIMALS.search(cell) else "thousands" if _THOUSANDS.search(cell) else ""


def plain_numbers(columns: Sequence[Number], delimiter: str) -> list[str]:
    """Takes what surrounds numbers out of some columns, and makes a decimal comma a point.

    Where no cell tells what a comma is, the other columns do, or the delimiter: semicolons come
    with decimal commas.
    """
    known = [one.comma for one in columns]
    semicolon = delimiter == ";" and "thousands" not in known
    usual = "decimal" if "decimal" in known or semicolon else "thousands"
    changes = []
    for comma, kept, point in _COMMAS:
        named = sorted({one.column for one in columns if (one.comma or usual) == comma})
        if named:
            left = f'replace("{_MONEY}|[^0-9{kept}eE()+-]", "", regex=True){point}'
            changes.append(f"c = {json.dumps(named, ensure_ascii=False)}; d[c] = d[c].{left}")
    return changes


def plain_dates(columns: Sequence[str]) -> list[str]:
    """Turns days, months and years round."""
    read = 'pandas.to_datetime(s, format="%d.%m.%Y").dt.strftime("%Y-%m-%d")'
    named = json.dumps(columns, ensure_ascii=False)
    return [f"t = {named}; d[t] = d[t].apply(lambda s: {read})"] if columns else []


def pandas(change: str, delimiter: str) -> str:
    """Changes the table `d`, all of it text, and writes it with commas."""
    program = (
        f'import pandas; d = pandas.read_csv("{FILE}", sep={json.dumps(delimiter)}, dtype=str, '
        f'keep_default_na=False); {change}; d.to_csv("{MENDED}", index=False)'
    )
    return f"python3 -c {shlex.quote(program)}"


def header(names: Sequence[str], table: Table) -> str:
    """Writes other names into the header, "" where that is too long a line."""
    text = _row(names, table.delimiter)
    escaped = re.sub(r"[\\/&]", r"\\\g<0>", text)
    if len(escaped) > _LONGEST:
        return ""
    return f"sed -i.bak {shlex.quote(f'{table.line}s/.*/{escaped}/')} {FILE}"


def header_above(names: Sequence[str], delimiter: str) -> str:
    """Puts a header above all rows."""
    return f"(echo {shlex.quote(_row(names, delimiter))}; cat {FILE}) > {MENDED}"


def _row(names: Sequence[str], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="").writerow(names)
    return text.getvalue()
