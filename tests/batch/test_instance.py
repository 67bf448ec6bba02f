"""Rows of a CSV as instances: found by name, read by kind, refused one by one."""

from __future__ import annotations

import io
from typing import Any

import pytest

from shared.batch import instance
from shared.batch.result import Answered, Result
from shared.batch.table import opened
from shared.core.errors import DatasetRejected
from shared.core.schema import Feature, Schema

SCHEMA = Schema(
    (
        Feature("size"),
        Feature("colour", "categorical", nullable=True),
        Feature("sold", "boolean"),
        Feature("day", "date", nullable=True),
    ),
    "price",
    None,
)


def pieces(text: str | bytes, identity: str = "") -> list[instance.Piece]:
    data = text.encode() if isinstance(text, str) else text
    return list(instance.Reading(opened(io.BytesIO(data)), SCHEMA, identity).pieces())


def instances(text: str | bytes) -> list[list[Any]]:
    return [row for piece in pieces(text) for row in piece.instances]


HEAD = "size,colour,sold,day\n"
ROW = [1.5, "red", True, "2026-01-02"]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "1.5,red,true,2026-01-02\n",
        HEAD + ' 1.5 ," red","YES",2026-01-02\r\n',
        "price,day;x,SOLD,Colour, size \n9,2026-01-02,1,red,1.5\n".replace("day;x", "day"),
        HEAD.replace(",", ";") + "1.5;red;t;2026-01-02",
        "\ufeff" + HEAD + "\n1.50,red,1.0,2026-01-02\n , , , \n",
        ("\ufeff" + HEAD + "1.5,red,y,2026-01-02\n").encode("utf-16-le"),
    ],
)
def test_however_it_is_written_a_row_is_the_same_instance(text: str | bytes) -> None:
    assert instances(text) == [ROW]


def test_gaps_are_null_where_training_had_them() -> None:
    assert instances(HEAD + "1,NA,no,?\n") == [[1.0, None, False, None]]


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("big,red,true,\n", "size is not a number"),
        (",red,true,\n", "size is missing"),
        ("1,red,maybe,\n", "sold is not a truth value"),
        ("1,red,true,1.2.2026\n", "day is not a date"),
        ('"3,5",red,maybe,\n', "size is not a number; sold is not a truth value"),
        ("1,red,true\n", "this row has 3 cells, the header 4"),
        ("1,red,true,,\n", "this row has 5 cells, the header 4"),
        ("inf,red,true,\n", "size is not a number"),
    ],
)
def test_a_row_that_is_no_instance_is_told_in_its_place(row: str, error: str) -> None:
    (piece,) = pieces(HEAD + "1.5,red,true,2026-01-02\n" + row + "1.5,red,true,2026-01-02\n")
    assert piece.instances == [ROW, ROW]
    assert piece.answers([7.0, 8.0]) == [
        Answered(2, prediction=7.0),
        Answered(3, error=error),
        Answered(4, prediction=8.0),
    ]


def test_rows_come_in_pieces_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "ROWS", 3)
    found = pieces(HEAD + "".join(f"{number},red,true,\n" for number in range(8)))
    assert [len(piece.instances) for piece in found] == [3, 3, 2]
    assert [row[0] for piece in found for row in piece.instances] == list(range(8))


def test_a_wide_table_has_fewer_rows_in_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "CELLS", 8)
    found = pieces(HEAD + "1,red,true,\n" * 5)
    assert [len(piece.instances) for piece in found] == [2, 2, 1]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("size,color,sold\n", ["missing_column", "missing_column"]),
        ("size,colour,sold,day,SIZE\n1,a,1,,2\n", ["duplicate_column"]),
        ("", ["empty"]),
        ("\n \n", ["empty"]),
        (b"\x1f\x8b123", ["compressed"]),
        (b"size\n\xff\n", ["encoding"]),
        (HEAD + '1,"red,true,\n', ["quoting"]),
    ],
)
def test_what_is_wrong_with_the_whole_file_refuses_it(text: str | bytes, codes: list[str]) -> None:
    with pytest.raises(DatasetRejected) as rejected:
        pieces(text)
    assert [finding.code for finding in rejected.value.findings] == codes


def test_the_nearest_column_is_named() -> None:
    with pytest.raises(DatasetRejected, match="Is it 'color'"):
        pieces("size,color,sold,day\n1,red,1,\n")


def test_a_column_that_the_model_takes_by_itself_is_no_other_ones_new_name() -> None:
    with pytest.raises(DatasetRejected) as rejected:
        pieces("size,colour,solid\n1,red,1\n")
    told = {finding.column: finding.message for finding in rejected.value.findings}
    assert told["sold"].endswith("Is it 'solid'?")
    assert "Is it" not in told["day"]


def test_a_column_to_pass_through_is_not_called_one_of_the_model() -> None:
    with pytest.raises(DatasetRejected, match="the drop names 'key', and the file has no such"):
        pieces(HEAD, "key")


def test_a_column_passes_through_with_its_cells_as_they_are() -> None:
    text = "Key," + HEAD + ' 07 ,1,red,1,\n"a ""b""",x,red,1,\n'
    (piece,) = pieces(text, "key")
    answers = piece.answers(["yes"])
    assert [answer.identity for answer in answers] == [" 07 ", 'a "b"']
    result = Result("v1", "key", ("no", "yes"))
    assert (result.head() + result.lines(answers)).decode().splitlines() == [
        "line,key,prediction,probability_no,probability_yes,model_version,error",
        "2, 07 ,yes,,,v1,",
        '3,"a ""b""",,,,v1,size is not a number',
    ]
