"""Ways to write one table as CSV, and generated tables: what the tests and the campaign share."""

from __future__ import annotations

import codecs
import csv
import io
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from shared.core.errors import DatasetRejected
from shared.training.dataset import CategoricalColumn, Column, Dataset
from shared.training.reading.gather import Sizes
from shared.training.reading.read import Open, read

NAMES = ("species", "label", "target", "class", "y")
WHOLE = Sizes(chunk=1 << 22, small=1 << 22)
"""Everything row by row: the reference."""
TINY = Sizes(chunk=700, small=0, sample=300)
"""Many small blocks through the fast parser."""


@dataclass(frozen=True)
class Style:
    """How a table is written."""

    end: str = "\n"
    delimiter: str = ","
    quoting: int = csv.QUOTE_MINIMAL
    encoding: str = "utf-8"
    final: bool = True


STYLES = st.builds(
    Style,
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]),
    final=st.booleans(),
)


def write(rows: list[list[str]], style: Style) -> bytes:
    """The table in a style."""
    out = io.StringIO()
    # Python 3.11 leaves line ends in a cell bare that are not the ones between the rows.
    several = any("\n" in cell or "\r" in cell for row in rows for cell in row)
    csv.writer(
        out,
        delimiter=style.delimiter,
        quoting=csv.QUOTE_ALL if several else style.quoting,
        lineterminator=style.end,
    ).writerows(rows)
    text = out.getvalue() if style.final else out.getvalue().removesuffix(style.end)
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    return marks.get(style.encoding, b"") + text.encode(style.encoding)


def outcome(data: bytes | Open, sizes: Sizes = WHOLE, **wanted: Any) -> Dataset | DatasetRejected:
    """What a CSV gets."""
    try:
        return read(data, target_names=NAMES, sizes=sizes, **wanted)
    except DatasetRejected as rejected:
        return rejected


def alike(one: Dataset | DatasetRejected, other: Dataset | DatasetRejected) -> bool:
    """Whether two outcomes are the same, lines and messages included. one: read whole."""
    if isinstance(one, Dataset) and isinstance(other, Dataset):
        return same(one, other) and one.warnings == other.warnings
    if isinstance(one, DatasetRejected) and one.code in ("encoding", "nul_byte"):
        return isinstance(other, DatasetRejected)  # how far it was read depends on the chunks
    return (
        isinstance(one, DatasetRejected)
        and isinstance(other, DatasetRejected)
        and one.findings == other.findings
        and one.counts == other.counts
    )


def same(one: Dataset, other: Dataset) -> bool:
    """Whether two datasets hold the same."""
    return (
        one.schema == other.schema
        and np.array_equal(one.target, other.target)
        and len(one.columns) == len(other.columns)
        and all(map(equal, one.columns, other.columns))
    )


def equal(one: Column, other: Column) -> bool:
    """Whether two columns hold the same."""
    if isinstance(one, CategoricalColumn) or isinstance(other, CategoricalColumn):
        return (
            isinstance(one, CategoricalColumn)
            and isinstance(other, CategoricalColumn)
            and one.categories == other.categories
            and np.array_equal(one.codes, other.codes)
        )
    return np.array_equal(one.values, other.values, equal_nan=True)


def labels(data: Dataset) -> list[str]:
    """The labels of a classification, in the dataset's order."""
    assert data.schema.classes is not None
    return [data.schema.classes[code] for code in data.target]


ODD_CELLS = [
    *["", " ", "NA", "n/a", "null", "None", "-", "?", "nan", "NaN(1)", "-nan", "inf", "-Infinity"],
    *["1e999", "1e400", "9" * 400, "1_0", "0x10", "1,5", "1,234.5", "5%", "$5", "+5", " 5", "5 "],
    *["\u00a05", "\u0663", "1.", ".5", ".", "1e", "--5", "-0", "00", "01", "1.0", "true", "FALSE"],
    *["2024-05-01", "05/01/2024", "=cmd|' /C calc'!A0", "@SUM(1)", '"', '""', 'a"b', '"a', "a\nb"],
    *[
        "a,b",
        "a;b",
        "a\tb",
        "#x",
        "\u2603",
        "e\u0301",
        "x" * 70,
        "\x0b",
        "\x1c",
        "\u2028",
        "\ufeff",
    ],
    *["99999999999999999999", "9007199254740993", "18446744073709551615", "1e-400", "5e-324"],
]
CELLS = st.one_of(
    st.sampled_from(ODD_CELLS),
    st.floats(allow_nan=True).map(repr),
    st.integers(-5, 5).map(str),
    st.text(max_size=6).map(lambda text: text.replace("\0", "")),
)
GOOD = {
    "number": lambda chance, i: f"{chance.gauss(0, 3):.4f}",
    "whole": lambda chance, i: str(chance.randrange(40)),
    "gaps": lambda chance, i: chance.choice(["", "NA", f"{chance.random():.3f}"]),
    "word": lambda chance, i: chance.choice(["red", "green", "blue", "dark blue"]),
    "quoted": lambda chance, i: chance.choice(["a,b", 'say "x"', "two\nlines", ""]),
    "truth": lambda chance, i: chance.choice(["true", "False"]),
    "id": lambda chance, i: str(1000 + i),
    "date": lambda chance, i: f"2024-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
    "prose": lambda chance, i: " ".join(chance.choices(["so", "it", "goes", "on"], k=20)) + str(i),
    "constant": lambda chance, i: "7",
}
LABELS = (
    ("a", "b"),
    ("01", "1", "1.0"),
    ("NA", "None", "null"),
    ("a", "A", "a b"),
    (" a", "a", "b "),
    ("0", "1"),
    ("1", "1e0", "+1"),
    ("e\u0301", "\u00e9", "e"),
    ("true", "True", "TRUE"),
    ("=1", "inf", "-"),
    ("0.5", "1.25", "7"),
)
"""Labels that something might take for one another."""


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header and rows: good columns of several kinds, with some cells replaced by odd ones."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    kinds = draw(st.lists(st.sampled_from(sorted(GOOD)), min_size=1, max_size=5))
    count = draw(st.one_of(st.integers(0, 60), st.integers(100, 160)))
    header = [f"{kind}_{place}" for place, kind in enumerate(kinds)] + ["y"]
    words = draw(st.sampled_from(LABELS))
    rows = [
        [*(GOOD[kind](chance, i) for kind in kinds), chance.choice(words)] for i in range(count)
    ]
    for _ in range(draw(st.integers(0, 3)) if rows else 0):
        row = rows[draw(st.integers(0, count - 1))]
        row[draw(st.integers(0, len(row) - 1))] = draw(CELLS)
    for _ in range(draw(st.integers(0, 2)) if rows and draw(st.booleans()) else 0):
        row = rows[draw(st.integers(0, count - 1))]
        row[:] = draw(st.lists(CELLS, max_size=7))
    return [header, *rows]


def shuffled(rows: list[list[str]], chance: random.Random) -> list[list[str]]:
    """The same table with its rows in another order."""
    return [rows[0], *chance.sample(rows[1:], len(rows) - 1)]


SPLICES = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(
            [
                b'"',
                b'""',
                b"\0",
                b"\xff",
                b"\r",
                b"\n\n",
                b"\r\n",
                b",",
                b" ",
                b"  \n",
                b'x"',
                b'"x',
            ]
        ),
    ),
    min_size=1,
    max_size=3,
)


def spliced(data: bytes, splices: list[tuple[float, bytes]]) -> bytes:
    """The file with some bytes put in between."""
    for place, extra in splices:
        at = int(place * (len(data) + 1))
        data = data[:at] + extra + data[at:]
    return data
