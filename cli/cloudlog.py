"""The log of an installation on Google Cloud, by `entries:list` of Cloud Logging.

Source: cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list, which may be called 60
times a minute in a project.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cli.client import Service
from localcloud.logentry import LogEntry, normal_time, now, parse, stamp

PAUSE = 3.0
LATE = timedelta(seconds=30)
"""How late an entry may appear behind younger ones."""
TRAIN = "train"
"""What a training job is called among the services, whichever of Google's services runs it."""
_PAYLOAD = ("message", "severity", "time", "timestamp")


class CloudLog:
    """What the functions, services and jobs of one installation wrote.

    name: the installation's; service_name: only this one's, "" for all; least: only lines of this
    severity and worse; jobs: ids of its custom jobs on Vertex AI, asked for at each look; pause:
    waits between two looks.
    """

    def __init__(
        self,
        service: Service,
        project: str,
        name: str,
        pause: Callable[[], None] = lambda: time.sleep(PAUSE),
        jobs: Callable[[], list[str]] = list,
        service_name: str = "",
        least: str = "",
    ) -> None:
        self._service = service
        self._pause = pause
        self._jobs = jobs if service_name in ("", TRAIN) else list
        self._only, self._least = service_name, least
        self._project = project
        self._prefix = f"{name}-"

    def newest(self, lines: int) -> list[LogEntry]:
        """The last lines, the oldest first. Raises Failure."""
        found = self._entries("timestamp desc", lines)
        return [self._entry(one) for one in reversed(found)]

    def follow(self, lines: int) -> Iterator[LogEntry]:
        """The last lines, then those that come, for ever."""
        seen: dict[str, str] = {}
        found = self._entries("timestamp desc", lines)[::-1]
        while True:
            yield from (self._entry(one) for one in found if one["insertId"] not in seen)
            seen |= {one["insertId"]: normal_time(one["timestamp"]) for one in found}
            since = stamp(datetime.fromisoformat(max(seen.values(), default=now())) - LATE)
            seen = {name: when for name, when in seen.items() if when >= since}
            self._pause()
            found = self._entries("timestamp asc", 10_000, since)

    def _entries(self, order: str, most: int, since: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        body = {
            "resourceNames": [f"projects/{self._project}"],
            "filter": self._filter(since),
            "orderBy": order,
            "pageSize": min(most, 1000),
        }
        while len(found) < most:
            answer = self._service.call_json("POST", "/v2/entries:list", body)
            found += answer.get("entries", [])
            if not answer.get("nextPageToken"):
                break
            body["pageToken"] = answer["nextPageToken"]
        return found[:most]

    def _filter(self, since: str) -> str:
        ours = f'="{self._prefix}{self._only.replace("_", "-")}"' if self._only else ""
        ours = ours or f'=~"^{self._prefix}"'
        named = [f"resource.labels.{label}{ours}" for label in ("service_name", "job_name")]
        if self._least:
            named = [f"({one} AND severity>={self._least})" for one in named]
        if jobs := " OR ".join(f'resource.labels.job_id="{job}"' for job in self._jobs()):
            named.append(f'(resource.type="ml_job" AND ({jobs}))')
        own = f"({' OR '.join(named)}) AND NOT logName:cloudaudit"
        return f'{own} AND timestamp>="{since}"' if since else own

    def _entry(self, found: dict[str, Any]) -> LogEntry:
        """An entry of Cloud Logging as one of ours."""
        labels = found.get("resource", {}).get("labels", {})
        if found.get("resource", {}).get("type") == "ml_job":
            return _of_job(found, labels)
        service = labels.get("service_name") or labels.get("job_name") or ""
        payload = dict(found.get("jsonPayload") or {})
        request = found.get("httpRequest", {})
        asked = f"{request['requestMethod']} {request.get('status', '')}" if request else ""
        message = payload.get("message") or found.get("textPayload") or asked
        return LogEntry(
            normal_time(found["timestamp"]),
            service.removeprefix(self._prefix).replace("-", "_"),
            str(message),
            found.get("severity", "DEFAULT"),
            found.get("trace", ""),
            {key: value for key, value in payload.items() if key not in _PAYLOAD},
        )


def _of_job(found: dict[str, Any], labels: dict[str, str]) -> LogEntry:
    """A line of a custom job. Vertex AI passes on what the container printed, as it came."""
    payload = found.get("jsonPayload") or {}
    text = str(payload.get("message") or found.get("textPayload") or "").rstrip("\n")
    line = parse(text, TRAIN, normal_time(found["timestamp"]))
    fields = {"job": labels.get("job_id", ""), **line.fields}
    severity = found.get("severity", "DEFAULT")
    return replace(line, severity=line.severity if line.fields else severity, fields=fields)
