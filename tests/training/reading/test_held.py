"""What a CSV gets where model.toml, the live model or older files have a say."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from shared.core.configuration import ModelConfiguration
from shared.core.errors import DatasetRejected
from shared.core.schema import Schema
from shared.training.dataset import Dataset
from shared.training.reading.read import File, Wanted, read, read_all
from tests.training.reading.test_read import NAMES, table

Cell = Callable[[int], object]


def check(data: str, toml: str = "", schema: Schema | None = None, target: str = "") -> Dataset:
    return read(
        data.encode(),
        ModelConfiguration.from_toml(toml.encode()),
        wanted_target=target,
        target_names=NAMES,
        schema_in_force=schema,
    )


def words(i: int) -> str:
    return f"w{i * 7 % 97}x{i}"


def prose(i: int) -> str:
    return f"the {i}th of very many words that nobody will ever write the same way again"


def day(i: int) -> str:
    return f"2024-{1 + i % 12:02}-{1 + i % 28:02}"


def number(i: int) -> str:
    return f"{i * 37 % 101}.{i % 10}"


def test_a_target_that_neither_the_live_model_nor_the_file_knows_was_mistyped() -> None:
    with pytest.raises(DatasetRejected, match=r"label_missing.*Did you mean 'y'") as caught:
        check(ORDERED.replace("y\n", "yes\n", 0), "", LIVE, "yy")
    assert [finding.code for finding in caught.value.findings] == ["label_missing"]


def test_a_column_that_was_renamed_is_told_once_with_the_header_to_copy() -> None:
    live = check(table(amount=number)).schema
    with pytest.raises(DatasetRejected) as caught:
        check(table(amount_eur=number).replace(",", ";"), "", live)
    (finding,) = caught.value.findings
    assert (finding.code, finding.column) == ("schema_changed", "amount")
    assert "Was it renamed to 'amount_eur'?" in finding.message
    assert finding.message.endswith("sed -i.bak '1s/.*/a;b;amount;y/' FILE.csv")


def test_a_target_with_values_out_of_all_proportion_is_warned_of() -> None:
    toml = 'task = "regression"'
    giants = table(90, y=lambda i: float(number(i)) * (1_000 if i % 30 == 7 else 1))
    warned = [one for one in check(giants, toml).warnings if one.code == "target_outlier"]
    assert [one.message[:13] for one in warned] == ["3 values lie "]
    skewed = table(300, y=lambda i: 1.02**i)
    assert "target_outlier" not in [one.code for one in check(skewed, toml).warnings]


def test_dates_that_are_none_of_iso_8601_are_left_out_without_a_wrong_line_to_copy() -> None:
    for cell, offers in ((day, True), (lambda i: f"{1 + i % 28}.{1 + i % 12}.2026", False)):
        (found,) = [one for one in check(table(c=cell)).warnings if one.code == "date_column"]
        assert ('"c" = "date"' in found.message) == offers


LIVE = check(table(Id=lambda i: i + 1, c=lambda i: "pqr"[i % 3])).schema
"""Of a live model: a, b, the category c; Id was left out."""

ORDERED = table(c=lambda i: "pqr"[i % 3])
MOVED = "\n".join(",".join(reversed(line.split(","))) for line in ORDERED.splitlines())

ACCEPTED: dict[str, tuple[str, str, Schema | None]] = {
    "a target that model.toml names": (table(z=number), 'target = "Y"', None),
    "a number to be predicted": (table(y=number), 'task = "regression"', None),
    "a number that is a class": (
        table(90, y=lambda i: i % 30),
        'task = "classification"',
        None,
    ),
    "a leak that is dropped": (table(c=lambda i: i % 3 > 0), '[columns]\nc = "drop"', None),
    "a row number that is wanted": (table(id=lambda i: i + 1), '[columns]\nid = "numeric"', None),
    "codes that are categories": (
        table(c=lambda i: f"{i % 4}"),
        '[columns]\nc = "categorical"',
        None,
    ),
    "a date that is asked for": (table(c=day), '[columns]\nc = "date"', None),
    "truth in many words": (
        table(c=lambda i: ["yes", "N", "t", "0"][i * 7 % 4]),
        '[columns]\nc = "boolean"',
        None,
    ),
    "more gaps than usual": (
        table(c=lambda i: "" if i % 4 else i * 1.5),
        "[limits]\nmissing_share = 0.9",
        None,
    ),
    "more classes than usual": (
        table(300, y=lambda i: f"c{i * 7 % 150}"),
        "[limits]\nclasses = 200",
        None,
    ),
    "a class of one row": (
        table(y=lambda i: "rare" if i == 8 else "ab"[i * 7 % 11 % 2]),
        "[limits]\nmin_class_rows = 1",
        None,
    ),
    "the live model's columns": (ORDERED, "", LIVE),
    "the live model's columns in another order": (MOVED, "", LIVE),
    "the live model's columns in other letters": (ORDERED.replace("a,b,c", "A, B ,C"), "", LIVE),
    "a column that was left out comes again": (
        table(Id=number, c=lambda i: "pqr"[i % 3]),
        "",
        LIVE,
    ),
    "a new category of a known column": (table(c=lambda i: "pqrs"[i % 4]), "", LIVE),
    "a column more where the schema may grow": (
        table(c=lambda i: "pqr"[i % 3], d=number),
        'schema = "evolve"',
        LIVE,
    ),
    "a column less that model.toml drops": (table(), '[columns]\nc = "drop"', LIVE),
}

REFUSED: dict[str, tuple[str, str, Schema | None, str, int | None, str | None]] = {
    "a word among truth values": (
        table(c=lambda i: "maybe" if i == 5 else i * 7 % 4 > 1),
        '[columns]\nc = "boolean"',
        None,
        "not_boolean",
        7,
        "c",
    ),
    "a word among dates": (
        table(c=lambda i: "soon" if i == 5 else day(i)),
        '[columns]\nc = "date"',
        None,
        "not_date",
        7,
        "c",
    ),
    "a date that is none": (
        table(c=lambda i: "2024-02-31" if i == 5 else day(i)),
        '[columns]\nc = "date"',
        None,
        "not_date",
        7,
        "c",
    ),
    "words where numbers are asked for": (
        table(c=words),
        '[columns]\nc = "numeric"',
        None,
        "not_numeric",
        2,
        "c",
    ),
    "too many categories": (
        table(1_200, c=words),
        '[columns]\nc = "categorical"',
        None,
        "too_many_categories",
        None,
        "c",
    ),
    "a column that model.toml has and the file has not": (
        table(),
        '[columns]\naa = "numeric"',
        None,
        "bad_configuration",
        None,
        None,
    ),
    "a target that the file has not": (
        table(),
        'target = "yy"',
        None,
        "label_missing",
        None,
        None,
    ),
    "nothing but what is dropped": (
        table(),
        '[columns]\na = "drop"\nb = "drop"',
        None,
        "no_features",
        None,
        None,
    ),
    "one value to be predicted": (
        table(y=lambda i: 7),
        'task = "regression"',
        None,
        "single_class",
        None,
        "y",
    ),
    "the number itself on another scale": (
        table(c=lambda i: i * 1.5 % 37 * 4 + 1, y=lambda i: i * 1.5 % 37),
        'task = "regression"',
        None,
        "leak",
        None,
        "c",
    ),
    "a column more": (
        table(c=lambda i: "pqr"[i % 3], d=number),
        "",
        LIVE,
        "schema_changed",
        None,
        "d",
    ),
    "a column less": (table(), "", LIVE, "schema_changed", None, "c"),
    "a column renamed": (
        table(cc=lambda i: "pqr"[i % 3]),
        "",
        LIVE,
        "schema_changed",
        None,
        "c",
    ),
    "words in a column of numbers": (
        table(a=words, c=lambda i: "pqr"[i % 3]),
        "",
        LIVE,
        "not_numeric",
        2,
        "a",
    ),
    "the live target under another name": (
        ORDERED.replace(",y", ",label"),
        "",
        LIVE,
        "label_missing",
        None,
        None,
    ),
    "more categories than the live column may have": (
        table(1_200, c=words),
        "",
        LIVE,
        "too_many_categories",
        None,
        "c",
    ),
}

WARNED: dict[str, tuple[str, str, Schema | None, str]] = {
    "prose": (table(c=prose), "", None, "text_column"),
    "names of single rows": (table(c=words), "", None, "id_column"),
    "dates": (table(c=day), "", None, "date_column"),
    "a category mostly empty": (
        table(c=lambda i: "" if i % 4 else "pq"[i // 4 % 2]),
        "",
        None,
        "missing_value",
    ),
    "a feature that says all": (
        table(200, c=lambda i: (i % 3 > 0) * 100 + i % 7 / 10),
        "",
        None,
        "suspicious_feature",
    ),
    "a feature more": (
        table(c=lambda i: "pqr"[i % 3], d=number),
        'schema = "evolve"',
        LIVE,
        "schema_changed",
    ),
    "a feature dropped": (ORDERED, '[columns]\nc = "drop"', LIVE, "schema_changed"),
    "a feature of another kind": (
        table(c=lambda i: f"{i % 5}.5"),
        '[columns]\nc = "numeric"',
        LIVE,
        "schema_changed",
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_csv_is_accepted_as_it_is_asked_for(name: str) -> None:
    data, toml, schema = ACCEPTED[name]
    found = check(data, toml, schema)
    assert len(found) == len(data.splitlines()) - 1
    if schema is not None:
        known = [name for name in schema.names if '"drop"' not in toml or name != "c"]
        assert list(found.schema.names)[: len(known)] == known


@pytest.mark.parametrize("name", REFUSED)
def test_a_csv_that_is_not_what_is_asked_for_is_refused_with_its_place(name: str) -> None:
    data, toml, schema, code, line, column = REFUSED[name]
    with pytest.raises(DatasetRejected) as caught:
        check(data, toml, schema)
    wanted = [f for f in caught.value.findings if f.code == code]
    assert wanted, f"{name}: {[str(f) for f in caught.value.findings]}"
    assert (wanted[0].line, wanted[0].column) == (line, column), str(wanted[0])
    assert all("To mend it: " in finding.message for finding in caught.value.findings)


@pytest.mark.parametrize("name", WARNED)
def test_a_csv_that_departs_within_reason_is_warned_of(name: str) -> None:
    data, toml, schema, code = WARNED[name]
    assert code in [finding.code for finding in check(data, toml, schema).warnings]


def test_another_target_than_the_live_one_is_refused() -> None:
    with pytest.raises(DatasetRejected, match="schema_changed"):
        check(ORDERED, "", LIVE, target="a")


def test_the_live_models_order_of_columns_is_kept_and_new_ones_stand_behind() -> None:
    grown = check(
        "\n".join(f"{i},{line}" if i else f"d,{line}" for i, line in enumerate(MOVED.splitlines())),
        'schema = "evolve"',
        LIVE,
    )
    assert grown.schema.names[:3] == LIVE.names


def test_an_older_file_without_a_column_is_left_out_and_said() -> None:
    files = [
        File("new.csv", lambda: io.BytesIO(ORDERED.encode())),
        File("old.csv", lambda: io.BytesIO(table().encode())),
    ]
    found = read_all(files, Wanted(ModelConfiguration(), "", NAMES, None))
    assert [finding.code for finding in found.warnings].count("file_left_out") == 1
    assert found.rows_by_file == {"new.csv": 40}


def test_a_row_that_several_files_hold_counts_once() -> None:
    whole, part = table(60), table(40)
    files = [
        File(name, lambda data=data: io.BytesIO(data.encode()))  # type: ignore[misc]
        for name, data in (("new.csv", part), ("old.csv", whole))
    ]
    found = read_all(files, Wanted(ModelConfiguration(), "", NAMES, None))
    assert found.rows_by_file == {"new.csv": 40, "old.csv": 20}
