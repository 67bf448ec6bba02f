"""Reading a service's line, whatever wrote it, and showing it to people."""

from __future__ import annotations

import json

import pytest

from localcloud.logentry import LogEntry, normal_time, parse
from shared.logs import log

OTHERWISE = "2026-11-22T10:00:00.000000Z"


def test_a_line_of_shared_logs_keeps_all_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    log("trained", severity="NOTICE", trace="projects/p/traces/t", model="iris", rows=150)
    line = capsys.readouterr().out
    entry = parse(line, "retrain", OTHERWISE)
    assert entry == LogEntry(
        normal_time(json.loads(line)["time"]),
        "retrain",
        "trained",
        "NOTICE",
        "projects/p/traces/t",
        {"model": "iris", "rows": 150},
    )


@pytest.mark.parametrize(
    ("line", "severity", "message"),
    [
        ("Traceback (most recent call last):", "DEFAULT", "Traceback (most recent call last):"),
        ("INFO:     Started server process [7]", "INFO", "Started server process [7]"),
        ('{"message": "cut off', "DEFAULT", '{"message": "cut off'),
        ("[1, 2]", "DEFAULT", "[1, 2]"),
        ('{"severity": "warn", "message": 5, "time": "noon"}', "WARNING", "5"),
        ('{"severity": "LOUD"}', "DEFAULT", ""),
    ],
)
def test_other_lines_become_entries_at_the_time_before(
    line: str, severity: str, message: str
) -> None:
    entry = parse(line, "predict", OTHERWISE)
    assert (entry.severity, entry.message, entry.time) == (severity, message, OTHERWISE)


def test_gunicorns_lines_have_their_own_time_and_severity() -> None:
    entry = parse("[2026-11-22 12:30:01 +0200] [42] [ERROR] Worker died", "retrain", OTHERWISE)
    assert entry == LogEntry("2026-11-22T10:30:01.000000Z", "retrain", "Worker died", "ERROR")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000000Z"),
        ("2026-11-22T12:00:00.5+02:00", "2026-11-22T10:00:00.500000Z"),
        ("2026-11-22T10:00:00.123456789Z", "2026-11-22T10:00:00.123456Z"),
        ("2026-11-22", "2026-11-22T00:00:00.000000Z"),
    ],
)
def test_times_of_any_notation_compare_as_text(text: str, normal: str) -> None:
    assert normal_time(text) == normal


def test_people_see_one_line_with_service_fact_and_fields() -> None:
    entry = LogEntry(
        OTHERWISE, "retrain", "trained", "WARNING", "", {"model": "iris", "why": "a b"}
    )
    clock, rest = entry.text().split(" ", 1)
    assert clock.endswith(":00:00.000")
    assert rest == 'retrain         WARNING trained model=iris why="a b"'


def test_fields_for_cloud_logging_alone_are_not_shown_to_people() -> None:
    fields = {"logging.googleapis.com/insertId": "a", "step": "refused"}
    entry = LogEntry(OTHERWISE, "retrain", "iris: refused", fields=fields)
    assert entry.text().endswith("iris: refused step=refused")


def test_control_characters_of_a_line_do_not_reach_the_terminal() -> None:
    line = json.dumps({"message": "\x1b[2Jgone", "name": "a\nb\x07"})
    assert not set(parse(line, "retrain", OTHERWISE).text()) & {"\x1b", "\n", "\x07"}
    assert "\x1b" not in parse("\x1b[31mred", "retrain", OTHERWISE).text()


def test_cloud_logging_gets_the_fields_of_a_cloud_run_service() -> None:
    entry = LogEntry(OTHERWISE, "retrain", "trained", "INFO", "projects/p/traces/t", {"rows": 1})
    assert entry.as_dict("p", "retrain-1") == {
        "logName": "projects/p/logs/run.googleapis.com%2Fstdout",
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"project_id": "p", "service_name": "retrain"},
        },
        "timestamp": OTHERWISE,
        "receiveTimestamp": OTHERWISE,
        "severity": "INFO",
        "insertId": "retrain-1",
        "jsonPayload": {"message": "trained", "rows": 1},
        "trace": "projects/p/traces/t",
    }
    assert LogEntry(OTHERWISE, "x", "plain").as_dict("p", "1")["textPayload"] == "plain"
