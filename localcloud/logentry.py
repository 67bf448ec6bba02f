"""One log entry: read from a line of a service's output, shown to people and to Cloud Logging."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SEVERITIES = (
    "DEFAULT",
    "DEBUG",
    "INFO",
    "NOTICE",
    "WARNING",
    "ERROR",
    "CRITICAL",
    "ALERT",
    "EMERGENCY",
)
ML_JOB = "ml_job."
"""What stands before the name of an AI Platform training job where it is the service of a line."""

_CONTROLS = dict.fromkeys(
    (*range(9), *range(10, 32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}"
)
_GOOGLES = "logging.googleapis.com/"
"""What the names of fields for Cloud Logging alone begin with."""
_TRACE = f"{_GOOGLES}trace"
_GUNICORN = re.compile(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})\] \[\d+\] \[(\w+)\] (.*)")
_UVICORN = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL):\s+(.*)")


@dataclass(frozen=True)
class LogEntry:
    """One fact. time: RFC 3339 in UTC with microseconds, so that it compares as text.

    fields: what the line holds besides message, severity, time and trace.
    """

    time: str
    service: str
    message: str
    severity: str = "DEFAULT"
    trace: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """One line for people: time of day here, service, severity where it matters, the fact."""
        local = datetime.fromisoformat(self.time).astimezone()
        level = "" if self.severity in ("DEFAULT", "INFO") else f"{self.severity} "
        told = {
            key: value
            for key, value in self.fields.items()
            if value not in ("", None) and not key.startswith(_GOOGLES)
        }
        facts = "".join(f" {key}={_short(value)}" for key, value in told.items())
        clock = local.strftime("%H:%M:%S.%f")[:-3]
        return f"{clock} {self.service:<15} {level}{self.message}{facts}".translate(_CONTROLS)

    def as_dict(self, project: str, insert_id: str) -> dict[str, Any]:
        """The entry as Cloud Logging's LogEntry, as a Cloud Run service's or a job's."""
        entry: dict[str, Any] = {
            **self._origin(project),
            "timestamp": self.time,
            "receiveTimestamp": self.time,
            "severity": self.severity,
            "insertId": insert_id,
        }
        if self.fields:
            entry["jsonPayload"] = {"message": self.message, **self.fields}
        else:
            entry["textPayload"] = self.message
        if self.trace:
            entry["trace"] = self.trace
        return entry

    def _origin(self, project: str) -> dict[str, Any]:
        """Which log it stands in and what wrote it."""
        if self.service.startswith(ML_JOB):
            job = self.service.removeprefix(ML_JOB)
            labels = {"project_id": project, "job_id": job, "task_name": "master-replica-0"}
            log, kind = "master-replica-0", "ml_job"
        else:
            labels = {"project_id": project, "service_name": self.service}
            log, kind = "run.googleapis.com%2Fstdout", "cloud_run_revision"
        return {
            "logName": f"projects/{project}/logs/{log}",
            "resource": {"type": kind, "labels": labels},
        }


def parse(line: str, service: str, otherwise: str) -> LogEntry:
    """Read a line: JSON in Cloud Logging's field names, gunicorn's or uvicorn's own, or any text.

    otherwise: the time of a line that tells none.
    """
    found = _json(line)
    if found is not None:
        return _structured(found, service, otherwise)
    if match := _GUNICORN.match(line):
        when = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S %z")
        return LogEntry(stamp(when), service, match[3], _severity(match[2]))
    if match := _UVICORN.match(line):
        return LogEntry(otherwise, service, match[2], _severity(match[1]))
    return LogEntry(otherwise, service, line)


def stamp(when: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def now() -> str:
    """This moment as `stamp` gives it."""
    return stamp(datetime.now(UTC))


def normal_time(text: str) -> str:
    """Any RFC 3339 time as `stamp` gives it. Raises ValueError for what is none."""
    when = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    return stamp(when if when.tzinfo else when.replace(tzinfo=UTC))


def _json(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _structured(found: dict[str, Any], service: str, otherwise: str) -> LogEntry:
    try:
        time = normal_time(str(found.pop("time", otherwise)))
    except ValueError:
        time = otherwise
    return LogEntry(
        time,
        service,
        str(found.pop("message", "")),
        _severity(str(found.pop("severity", "DEFAULT"))),
        str(found.pop(_TRACE, "")),
        found,
    )


def _severity(word: str) -> str:
    upper = {"WARN": "WARNING", "FATAL": "CRITICAL"}.get(word.upper(), word.upper())
    return upper if upper in SEVERITIES else "DEFAULT"


def _short(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False) if re.search(r'[\s"=]', value) else value
