"""Lines that the log takes, whatever is in them."""

from __future__ import annotations

import io
import json

import pytest

from shared.logs import log


def test_half_a_letter_is_logged_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr("sys.stdout", out)
    log("a drop", name="data/\ud800\u00e9.csv")
    line = out.buffer.getvalue()  # type: ignore[attr-defined]
    assert json.loads(line)["name"] == "data/\ud800\u00e9.csv"


def test_a_fact_with_line_ends_of_any_kind_stays_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "a\n{}\r\x1b[2J\x85\u2028\u2029.csv"
    log("a drop", name=name)
    told = capsys.readouterr().out
    assert told.count("\n") == 1
    assert "\x1b" not in told
    assert json.loads(told)["name"] == name
