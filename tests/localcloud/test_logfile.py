"""Reading the services' files in time order, and following them as they grow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.logentry import LogEntry
from localcloud.logfile import follow, read


def line(second: int, message: str) -> str:
    return json.dumps({"time": f"2026-11-22T10:00:{second:02d}Z", "message": message}) + "\n"


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def take(entries: Iterator[LogEntry], count: int) -> list[str]:
    return [next(entries).message for _ in range(count)]


def test_entries_of_all_services_come_in_time_order(tmp_path: Path) -> None:
    append(tmp_path / "retrain.log", line(1, "a") + line(4, "d"))
    append(tmp_path / "predict.log", line(2, "b") + line(3, "c"))
    (tmp_path / "other.txt").write_text("not a log")
    entries = list(read(tmp_path))
    assert [entry.message for entry in entries] == ["a", "b", "c", "d"]
    assert [entry.service for entry in entries] == ["retrain", "predict", "predict", "retrain"]


def test_lines_without_a_time_stay_behind_the_line_before_them(tmp_path: Path) -> None:
    append(tmp_path / "retrain.log", line(1, "failed") + "Traceback\n  File\n\n" + line(5, "later"))
    append(tmp_path / "predict.log", line(2, "between"))
    messages = [entry.message for entry in read(tmp_path)]
    assert messages == ["failed", "Traceback", "  File", "between", "later"]


def test_bytes_that_are_no_text_break_nothing(tmp_path: Path) -> None:
    (tmp_path / "retrain.log").write_bytes(b"caf\xe9\n")
    assert [entry.message for entry in read(tmp_path)] == ["caf\N{REPLACEMENT CHARACTER}"]


def test_no_folder_is_no_entries(tmp_path: Path) -> None:
    assert list(read(tmp_path / "logs")) == []


@pytest.mark.timeout(20)
def test_following_shows_the_last_few_and_then_what_is_added(tmp_path: Path) -> None:
    log = tmp_path / "retrain.log"
    append(log, "".join(line(second, str(second)) for second in range(20)))
    entries = follow(tmp_path, last=3)
    assert take(entries, 3) == ["17", "18", "19"]
    append(log, line(30, "new") + '{"message": "half')
    assert take(entries, 1) == ["new"]
    append(log, ' a line"}\n')
    assert take(entries, 1) == ["half a line"]


@pytest.mark.timeout(20)
def test_following_finds_new_services_and_files_that_began_anew(tmp_path: Path) -> None:
    append(tmp_path / "retrain.log", line(1, "first run, a long line"))
    entries = follow(tmp_path, last=0)
    append(tmp_path / "predict.log", line(2, "a new service"))
    assert take(entries, 1) == ["a new service"]
    (tmp_path / "retrain.log").write_text(line(3, "anew"))
    assert take(entries, 1) == ["anew"]


@pytest.mark.timeout(20)
def test_following_ends_when_told(tmp_path: Path) -> None:
    append(tmp_path / "retrain.log", line(1, "a"))
    assert [entry.message for entry in follow(tmp_path, stopped=lambda: True)] == ["a"]
