"""What each kind of CSV gets: the table of docs/11-csv.md, row by row."""

from __future__ import annotations

import bz2
import codecs
import contextlib
import gzip
import lzma
import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.configuration import ModelConfiguration
from shared.core.errors import DatasetRejected
from shared.training.dataset import CategoricalColumn, Column, Dataset, Floats, NumericColumn
from shared.training.reading.read import read
from tests.workflows.world import IRIS

NAMES = ("species", "label", "target", "class", "y")
TEXT = IRIS.decode()
LINES = TEXT.splitlines()
HEAD, ROWS = LINES[0], LINES[1:]


def check(data: bytes | str, target: str = "") -> Dataset:
    made = data.encode() if isinstance(data, str) else data
    return read(made, wanted_target=target, target_names=NAMES)


def refusal(data: bytes | str, target: str = "") -> DatasetRejected:
    with pytest.raises(DatasetRejected) as caught:
        check(data, target)
    return caught.value


def with_line(number: int, line: str) -> str:
    """Iris with one line (1 is the header) replaced."""
    return "\n".join([*LINES[: number - 1], line, *LINES[number:]]) + "\n"


def table(rows: int = 40, **columns: object) -> str:
    """A small good table (a, b, y) with columns added or replaced: name -> function of the row."""
    make = {
        "a": lambda i: f"{(i * 7) % 11}.5",
        "b": lambda i: f"{(i * 5) % 13}.25",
        "y": lambda i: "yes" if i % 3 else "no",
    } | columns
    order = [name for name in make if name != "y"] + ["y"]
    lines = [",".join(str(make[name](i)) for name in order) for i in range(rows)]  # type: ignore[operator]
    return "\n".join([",".join(order), *lines]) + "\n"


def equal(one: Column, other: Column) -> bool:
    if isinstance(one, CategoricalColumn):
        assert isinstance(other, CategoricalColumn)
        return one.categories == other.categories and np.array_equal(one.codes, other.codes)
    return np.array_equal(one.values, values(other), equal_nan=True)


def values(column: Column) -> Floats:
    assert isinstance(column, NumericColumn)
    return column.values


def same(one: Dataset, other: Dataset) -> bool:
    return (
        one.schema == other.schema
        and np.array_equal(one.target, other.target)
        and all(map(equal, one.columns, other.columns))
    )


ACCEPTED = {
    "as it is": IRIS,
    "without a final newline": IRIS.rstrip(),
    "with a UTF-8 mark": codecs.BOM_UTF8 + IRIS,
    "UTF-16, little end first": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "UTF-16, big end first": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "CRLF": TEXT.replace("\n", "\r\n").encode(),
    "CR only": TEXT.replace("\n", "\r").encode(),
    "semicolons": TEXT.replace(",", ";").encode(),
    "tabs": TEXT.replace(",", "\t").encode(),
    "every cell quoted": "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in LINES
    ).encode(),
    "blanks after commas": TEXT.replace(",", ", ").encode(),
    "empty lines between and after": (TEXT.replace("\n", "\n\n") + "\n\n").encode(),
    "rows reversed": "\n".join([HEAD, *reversed(ROWS)]).encode(),
    "rows shuffled": "\n".join([HEAD, *random.Random(1).sample(ROWS, len(ROWS))]).encode(),
    "numbers written otherwise": TEXT.replace("5.1,", "+51e-1,").encode(),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_another_way_to_write_the_same_table_is_the_same_dataset(name: str) -> None:
    assert same(check(ACCEPTED[name]), check(IRIS)), name


@settings(max_examples=25, deadline=None)
@given(
    st.randoms(use_true_random=False),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([",", ";", "\t", "|"]),
    st.booleans(),
    st.booleans(),
)
def test_order_line_ends_delimiter_quotes_and_mark_change_nothing(
    chance: random.Random, end: str, delimiter: str, quoted: bool, mark: bool
) -> None:
    def cell(text: str) -> str:
        return f'"{text}"' if quoted and chance.random() < 0.5 else text

    rows = [HEAD, *chance.sample(ROWS, len(ROWS))]
    text = end.join(delimiter.join(cell(c) for c in row.split(",")) for row in rows)
    data = (codecs.BOM_UTF8 if mark else b"") + text.encode()
    assert same(check(data), check(IRIS))


REFUSED: dict[str, tuple[bytes | str, str, int | None, str | None]] = {
    "only newlines": ("\n\r\n\n", "empty", None, None),
    "blanks only": ("   \n \n", "empty", None, None),
    "header only": (HEAD, "no_rows", 1, None),
    "one row": (f"{HEAD}\n{ROWS[0]}\n", "too_few_rows", None, None),
    "latin-1": (with_line(5, "1,2,3,4,caf\xe9").encode("latin-1"), "encoding", 5, None),
    "latin-1 after CR line ends": (
        with_line(5, "1,2,3,4,caf\xe9").replace("\n", "\r").encode("latin-1"),
        "encoding",
        5,
        None,
    ),
    "UTF-16 cut in half": (
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")[:-1],
        "encoding",
        151,
        None,
    ),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), "nul_byte", 1, None),
    "a NUL byte": (with_line(7, "5.1,3.5,1.4,0.2,se\0tosa"), "nul_byte", 7, None),
    "decimal commas": (
        TEXT.replace(",", ";").replace(".", ","),
        "decimal_comma",
        2,
        "sepal_length",
    ),
    "no header": ("\n".join(ROWS), "header_numeric", 1, None),
    "the same name twice": (
        TEXT.replace("sepal_width", "sepal_length"),
        "duplicate_column",
        1,
        "sepal_length",
    ),
    "names equal but for case and blanks": (
        TEXT.replace("sepal_width", " Sepal_Length "),
        "duplicate_column",
        1,
        "Sepal_Length",
    ),
    "names equal after normalising": (
        TEXT.replace("sepal_length", "\u00e9").replace("sepal_width", "e\u0301"),
        "duplicate_column",
        1,
        "\u00e9",
    ),
    "a short row": (with_line(9, "5.1,3.5,1.4,setosa"), "ragged_row", 9, None),
    "a long row": (with_line(9, "5.1,3.5,1.4,0.2,0,setosa"), "ragged_row", 9, None),
    "an unclosed quote": (with_line(9, '5.1,3.5,1.4,0.2,"setosa'), "quoting", 9, None),
    "text after a closing quote": (with_line(9, '5.1,3.5,1.4,"0.2"x,setosa'), "quoting", 9, None),
    "an endless cell": (
        with_line(9, f"5.1,3.5,1.4,0.2,{'x' * 200_000}"),
        "field_too_long",
        9,
        None,
    ),
    "a line without end": (with_line(9, "5.1," * 300_000), "line_too_long", 9, None),
    "gzip": (gzip.compress(IRIS), "compressed", None, None),
    "zip or Excel": (b"PK\x03\x04" + b"\0" * 99, "not_csv", None, None),
    "bzip2": (bz2.compress(IRIS), "compressed", None, None),
    "xz": (lzma.compress(IRIS), "compressed", None, None),
    "zstd": (b"\x28\xb5\x2f\xfd" + b"\0" * 99, "compressed", None, None),
    "an old Excel workbook": (b"\xd0\xcf\x11\xe0" + b"\0" * 99, "not_csv", None, None),
    "SQLite": (b"SQLite format 3\0" + b"\0" * 99, "not_csv", None, None),
    "Arrow": (b"ARROW1\0\0" + b"\0" * 99, "not_csv", None, None),
    "XML": ("<?xml version='1.0'?>\n<table/>", "not_csv", None, None),
    "PDF": (b"%PDF-1.7\n", "not_csv", None, None),
    "Parquet": (b"PAR1" + b"\0" * 99, "not_csv", None, None),
    "HTML": ("<!DOCTYPE html>\n<html></html>", "not_csv", None, None),
    "JSON": ('[{"sepal_length": 5.1}]', "not_csv", None, None),
    "JSON lines": ('{"a": 1, "y": 2}\n{"a": 1, "y": 2}\n', "not_csv", None, None),
    "inf": (with_line(3, "inf,3.5,1.4,0.2,setosa"), "non_finite", 3, "sepal_length"),
    "-Infinity": (with_line(3, "5,-Infinity,1.4,0.2,setosa"), "non_finite", 3, "sepal_width"),
    "1e999": (with_line(3, "1e999,3.5,1.4,0.2,setosa"), "non_finite", 3, "sepal_length"),
    "a thousands separator": (
        with_line(4, '"1,234.5",3.5,1.4,0.2,setosa'),
        "not_numeric",
        4,
        "sepal_length",
    ),
    "a percent sign": (with_line(4, "5%,3.5,1.4,0.2,setosa"), "not_numeric", 4, "sepal_length"),
    "a currency sign": (with_line(4, "$5,3.5,1.4,0.2,setosa"), "not_numeric", 4, "sepal_length"),
    "a date": (with_line(4, "2024-05-01,3.5,1.4,0.2,setosa"), "not_numeric", 4, "sepal_length"),
    "one text cell": (with_line(4, "x,3.5,1.4,0.2,setosa"), "not_numeric", 4, "sepal_length"),
    "digits with an underscore": (
        with_line(4, "1_0,3.5,1.4,0.2,setosa"),
        "not_numeric",
        4,
        "sepal_length",
    ),
    "digits of another script": (
        with_line(4, "\u0663,3.5,1.4,0.2,setosa"),
        "not_numeric",
        4,
        "sepal_length",
    ),
    "a column mostly empty": (
        table(c=lambda i: "" if i % 4 else i),
        "missing_value",
        None,
        "c",
    ),
    "too many empty labels": (
        table(y=lambda i: "" if i % 10 == 3 else "ab"[i % 2]),
        "missing_label",
        5,
        "y",
    ),
    "one class": (table(y=lambda i: "a"), "single_class", None, "y"),
    "a class with one row": (
        table(y=lambda i: "rare" if i == 8 else "ab"[i % 2]),
        "rare_class",
        None,
        "y",
    ),
    "too many classes": (table(300, y=lambda i: f"c{i % 150}"), "too_many_classes", None, "y"),
    "a measured quantity as target": (
        table(300, y=lambda i: f"{i * 1.37:.3f}"),
        "task_unclear",
        None,
        "y",
    ),
    "free text as target": (
        table(y=lambda i: "ab"[i % 2] * 200),
        "label_too_long",
        None,
        "y",
    ),
    "the label under another name": (table(c=lambda i: 1 if i % 3 else 0), "leak", None, "c"),
    "no target": (TEXT.replace("species", "sort"), "label_missing", None, None),
    "two targets": (TEXT.replace("sepal_length", "y"), "label_ambiguous", None, None),
    "a target in the middle": (
        "a,species,b\n1.5,x,2.5\n2.5,z,1.5\n",
        "label_ambiguous",
        None,
        "species",
    ),
    "too many columns": (
        ",".join(f"c{i}" for i in range(1_001)) + "\n",
        "too_many_columns",
        1,
        None,
    ),
    "a title above the names": ("Export,,\n,,\n" + table(), "title_row", 1, None),
    "Excel's sep=": ("sep=;\n" + table().replace(",", ";"), "title_row", 1, None),
    "a header of one name too few": (table().replace("a,b,y", "b,y"), "ragged_row", 1, None),
    "German numbers": (
        table(c=lambda i: f'"{1 + i % 9}.{100 + i},50"'),
        "decimal_comma",
        2,
        "c",
    ),
    "amounts with a code": (table(c=lambda i: f"{i * 37 % 101}.5 EUR"), "not_numeric", 2, "c"),
    "one column": ("species\na\nb\n", "no_features", 1, None),
    "nothing but a row number": (
        "\n".join(["id,y", *(f"{i},{'ab'[i % 2]}" for i in range(30))]),
        "no_features",
        None,
        None,
    ),
    "a nameless column of measurements": (
        table().replace("a,b,y", ",b,y"),
        "unnamed_column",
        None,
        "(column 1)",
    ),
    "more than one delimiter fits": ("a;b|y\n1;2|x\n3;4|z\n", "delimiter_unclear", 1, None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_csv_that_cannot_be_trained_on_is_refused_with_its_place(name: str) -> None:
    data, code, line, column = REFUSED[name]
    found = refusal(data).findings
    wanted = [f for f in found if f.code == code]
    assert wanted, f"{name}: {[str(f) for f in found]}"
    assert (wanted[0].line, wanted[0].column) == (line, column), str(wanted[0])
    assert all("To mend it: " in finding.message for finding in found)


def test_every_code_is_documented_and_every_documented_code_exists() -> None:
    root = Path(__file__).parents[3]
    told = re.compile(r'(?:refuse|warn|rejected|Finding)\(\s*"(\w+)"')
    room = "".join(f.read_text("utf-8") for f in (root / "shared/training/reading").glob("*.py"))
    everything = "".join(f.read_text("utf-8") for f in (root / "shared").rglob("*.py"))
    rows = re.findall(r"^\| `(\w+)`", (root / "docs/11-csv.md").read_text("utf-8"), re.MULTILINE)
    assert set(told.findall(room)) - {"too_many_rows"} <= set(rows)
    assert [code for code in rows if f'"{code}"' not in everything] == []
    assert len(rows) == len(set(rows))


WARNED = {
    "empty cells in a feature": (table(a=lambda i: "NA" if i == 4 else i * 1.5), ""),
    "a few empty labels": (table(y=lambda i: "" if i == 4 else "ab"[i % 2]), "missing_label"),
    "a rare class in a large file": (
        table(3_000, y=lambda i: "rare" if i == 8 else "ab"[i % 2]),
        "rare_class",
    ),
    "labels that look alike": (table(y=lambda i: ["1", "01", "2"][i % 3]), "label_spelling"),
    "labels that differ by case": (table(y=lambda i: ["a", "A", "b"][i % 3]), "label_spelling"),
    "labels that differ by blanks": (table(y=lambda i: ["a", " a", "b"][i % 3]), "label_spelling"),
    "a constant column": (table(c=lambda i: 1), "constant_column"),
    "a row number": (table(Id=lambda i: i + 1), "id_column"),
    "a row number without a name": (
        "\n".join(
            f"{'' if i < 0 else i},{line}" for i, line in enumerate(table().splitlines(), -1)
        ),
        "id_column",
    ),
    "an empty column": (table(c=lambda i: ""), "empty_column"),
    "rows of empty cells": (table() + ",,\n,,\n", "blank_row"),
    "rows twice": (table() + "\n".join(table().splitlines()[1:]), "duplicate_rows"),
    "the same features with two labels": (
        table()
        + "\n".join(line.rpartition(",")[0] + ",maybe" for line in table().splitlines()[1:9]),
        "conflicting_labels",
    ),
}


@pytest.mark.parametrize("name", WARNED)
def test_a_csv_with_oddities_is_trained_on_and_says_so(name: str) -> None:
    data, code = WARNED[name]
    codes = [finding.code for finding in check(data).warnings]
    assert not code or code in codes, codes


@pytest.mark.parametrize("label", ["NA", "None", "null", "nan", "-", "inf", "=cmd()", "\u2603"])
def test_a_label_is_text_whatever_it_says(label: str) -> None:
    data = check(table(y=lambda i: label if i % 2 else "other"))
    assert data.schema.classes == tuple(sorted([label, "other"]))


@pytest.mark.parametrize("spelling", [("01", "1", "2"), ("0", "1", "1.0"), ("1", "1 000", "1e0")])
def test_labels_that_are_equal_as_numbers_stay_apart(spelling: tuple[str, ...]) -> None:
    assert check(table(60, y=lambda i: spelling[i % 3])).schema.classes == tuple(sorted(spelling))


@pytest.mark.parametrize("gap", ["", "NA", "N/A", "NaN", "nan", "null", "None", "-", "?", " "])
def test_a_gap_among_numbers_is_a_gap(gap: str) -> None:
    data = check(table(a=lambda i: gap if i == 4 else f"{i}.5"))
    assert np.isnan(values(data.columns[0])).sum() == 1
    assert data.schema.features[0].nullable
    assert not data.schema.features[1].nullable


def test_the_target_that_the_drop_names_wins_over_every_other() -> None:
    text = TEXT.replace("petal_width", "label").replace("species", "sort")
    assert check(text, " SORT ").schema.target == "sort"


def test_a_target_that_is_not_there_gets_the_nearest_name() -> None:
    assert "'species'" in str(refusal(IRIS, "spezies"))


def test_counting_names_are_a_header() -> None:
    text = TEXT.replace(HEAD, "0,1,2,3,species")
    assert check(text).schema.names == ("0", "1", "2", "3")


def test_all_findings_come_at_once_with_exact_counts_and_twenty_places() -> None:
    rows = ["a,b,y"] + [f"x,{i}.5,k" if i % 2 else f"{i},1e999,j" for i in range(100)]
    rows.append("1,2")
    rejected = refusal("\n".join(rows))
    assert rejected.counts == {"ragged_row": 1, "not_numeric": 50, "non_finite": 50}
    assert len(rejected.findings) == 41


def test_a_line_is_counted_as_an_editor_counts_it_across_quoted_newlines() -> None:
    text = table(y=lambda i: '"two\nlines"' if i % 2 else "one") + "x,1,one\n"
    (finding,) = refusal(text).findings
    assert finding.line == 1 + 40 + 20 + 1


def test_no_finding_repeats_a_cell() -> None:
    secret = "4111-1111-1111-1111"
    for data in (with_line(4, f"{secret},3.5,1.4,0.2,setosa"), with_line(4, f'"{secret}"x,3')):
        assert secret not in str(refusal(data))


def test_a_row_number_never_becomes_a_feature_however_the_file_is_sorted() -> None:
    numbered = [f"{i},{row}" for i, row in enumerate(ROWS, 1)]
    for rows in (numbered, random.Random(2).sample(numbered, 150)):
        data = check("\n".join([f"Id,{HEAD}", *rows]))
        assert "Id" not in data.schema.names
        assert data.schema.left_out == ("Id",)
        assert data.schema.features == check(IRIS).schema.features
        assert np.array_equal(data.target, check(IRIS).target)


def test_a_row_of_totals_does_not_make_a_feature_of_a_row_number() -> None:
    data = check(table(Id=lambda i: i + 1) + ",3.5,,\n")
    assert data.schema.left_out == ("Id",)
    assert [one.code for one in data.warnings] == ["id_column", "missing_label"]


def test_bands_of_amounts_are_categories() -> None:
    data = check(table(c=lambda i: ["0-10 €", "10-20 €", "> 20 €"][i % 7 % 3]))
    assert data.schema.features[2].kind == "categorical"


def test_a_mistyped_label_is_told_with_the_one_that_it_may_be() -> None:
    told = refusal(table(y=lambda i: "noo" if i == 8 else ("yes" if i % 3 else "no")))
    assert 'class "noo" has 1 row; 2 is the least. Is it "no", mistyped?' in str(told)


def spaced(rows: int) -> dict[str, list[object]]:
    chance = random.Random(1)
    return {
        "from one": [i + 1 for i in range(rows)],
        "from a hundred thousand": [100_000 + i for i in range(rows)],
        "every tenth": [10 * i for i in range(rows)],
        "with large gaps": sorted(chance.sample(range(10**9, 10**10), rows)),
        "as decimals": [f"{i}.0" for i in range(rows)],
        "seconds": [1_700_000_000 + i * 3_600 + chance.randrange(3_000) for i in range(rows)],
        "two rows each": [1_000 + i // 2 for i in range(rows)],
        "padded": [f"{i:05d}" for i in range(rows)],
        "with letters": [f"P-{i:04d}" for i in range(rows)],
    }


@pytest.mark.parametrize("name", ["Id", "customer", "x"])
@pytest.mark.parametrize("kind", spaced(1))
def test_an_id_sorted_by_class_never_becomes_a_feature_whatever_it_looks_like(
    kind: str, name: str
) -> None:
    numbered = [f"{i},{row}" for i, row in zip(spaced(150)[kind], ROWS, strict=True)]
    for rows in (numbered, random.Random(2).sample(numbered, 150)):
        data = check("\n".join([f"{name},{HEAD}", *rows]))
        assert name not in data.schema.names
        assert name in data.schema.left_out
        assert "id_column" in [finding.code for finding in data.warnings]
        assert data.schema.features == check(IRIS).schema.features


def test_a_person_s_word_about_such_a_column_holds() -> None:
    rows = [f"{10 * i},{row}" for i, row in enumerate(ROWS)]
    kept = ModelConfiguration(columns={"x": "numeric"})
    text = "\n".join([f"x,{HEAD}", *rows]).encode()
    assert "x" in read(text, target_names=NAMES, configuration=kept).schema.names


def test_whole_numbers_that_tell_the_class_only_nearly_stay_features() -> None:
    rows = [f"{10 * i if i else 1_000},{row}" for i, row in enumerate(ROWS)]
    assert "x" in check("\n".join([f"x,{HEAD}", *rows])).schema.names


def test_measurements_are_no_row_numbers() -> None:
    data = check(table(100, c=lambda i: (i * 37) % 1009, d=lambda i: i % 50))
    assert data.schema.names == ("a", "b", "c", "d")


def test_a_training_range_is_rounded_outward() -> None:
    data = check(table(c=lambda i: 123_456.789 + i * 1_000.017))
    feature = data.schema.features[2]
    assert (feature.minimum, feature.maximum) == (123_000.0, 163_000.0)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused_and_never_crash(data: bytes) -> None:
    refusal(data)


CELL = st.one_of(
    st.floats(allow_nan=True).map(str),
    st.integers(-5, 5).map(str),
    st.sampled_from(["", "NA", "x", '"', '"a,b"', "1e400", "0x10", "a\tb", ";", "\u00e9", " 1 "]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=30),
    st.sampled_from(["a,b,y", "y,a", "a;b;y", "1,2,y", ",,y", "y"]),
    st.sampled_from([",", ";"]),
)
def test_random_tables_are_read_or_refused_and_never_crash(
    rows: list[list[str]], header: str, delimiter: str
) -> None:
    text = "\n".join([header, *(delimiter.join(row) for row in rows)])
    with contextlib.suppress(DatasetRejected):
        data = check(text)
        for column in data.columns:
            assert len(column.values if isinstance(column, NumericColumn) else column.codes) == len(
                data
            )
        assert len(data) > 0
