"""Findings as a person reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cli import refusal

COMMA = 'To mend it: python3 -c \'import pandas; d = pandas.read_csv("FILE.csv"); "mended.csv"\''


def found(line: int, message: str, **more: Any) -> dict[str, Any]:
    return {"code": "not_numeric", "line": line, "column": "price", "message": message, **more}


def test_findings_that_say_the_same_are_told_once_with_their_lines_and_the_count() -> None:
    told = {
        "findings": [found(line, f"is text. {COMMA}") for line in range(2, 22)],
        "counts": {"not_numeric": 200},
    }
    lines = refusal.lines(told, Path("flats.csv"), "flats", "the price")
    assert lines[0] == (
        "not_numeric (lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ..., column 'price'): is text."
    )
    assert 'read_csv("flats.csv")' in lines[1]
    assert lines[2] == "not_numeric: 200 in all, the first 20 are listed"
    assert (
        lines[3]
        == "Then drop it: ./run drop mended.csv --as flats.csv --model flats --target 'the price'"
    )
    assert len(lines) == 4


def test_one_line_to_copy_for_several_findings_stands_behind_the_last() -> None:
    mend = "To mend it: sed -i.bak '5d;9d' FILE.csv"
    told = {"findings": [found(5, f"is text. {mend}"), found(9, f"is a date. {mend}")]}
    first, second, line = refusal.lines(told, Path("my own.csv"), "flats")
    assert first == "not_numeric (line 5, column 'price'): is text."
    assert second == "not_numeric (line 9, column 'price'): is a date."
    assert line == "  To mend it: sed -i.bak '5d;9d' 'my own.csv'"


def test_a_name_that_needs_quotes_stays_out_of_a_program() -> None:
    assert 'read_csv("FILE.csv")' in refusal.filled(COMMA, Path("my own.csv"), "flats")


def test_the_model_stands_in_a_line_that_drops_again() -> None:
    mend = "./run drop FILE.csv --model MODEL --target 'the price'"
    assert refusal.filled(mend, Path("a.csv"), "flats") == (
        "./run drop a.csv --model flats --target 'the price'"
    )
    assert refusal.filled(mend, None, "flats").startswith("./run drop FILE.csv --model flats")


def test_an_end_without_findings_is_told_by_its_reason() -> None:
    assert refusal.lines({"reason": "every attempt died"}, None, "flats") == ["every attempt died"]
