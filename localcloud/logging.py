"""Answers for Cloud Logging v2: `entries:list` over the services' output, and `entries:write`.

What is written lies in `<state>/logs/written.jsonl`; the services' own lines in `<service>.log`.
"""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.caller import Authenticate
from localcloud.logentry import normal_time, stamp
from localcloud.logfile import read
from localcloud.logfilter import compile_filter
from localcloud.rpc import Refused, told

WRITTEN = "written.jsonl"
_PAGE = 50
_LONGEST_PAGE = 1000


def routes(folder: Path, project: str, caller: Authenticate) -> list[Route]:
    """The two methods, over one folder of logs. They are for people: what our services print is
    collected, and none of their accounts may write or read entries."""

    def require(request: Request) -> None:
        email = caller(request.headers)
        if email is not None:
            raise Refused(403, "PERMISSION_DENIED", f"{email} may not use logs.")

    async def list_entries(request: Request) -> Response:
        require(request)
        try:
            body = await request.json()
            return JSONResponse(await asyncio.to_thread(list_page, folder, project, body))
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"entries:list: {error}") from error

    async def write_entries(request: Request) -> Response:
        require(request)
        try:
            write(folder, await request.json())
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"entries:write: {error}") from error
        return JSONResponse({})

    return [
        Route("/v2/entries:list", told(list_entries), methods=["POST"]),
        Route("/v2/entries:write", told(write_entries), methods=["POST"]),
    ]


def list_page(folder: Path, project: str, body: dict[str, Any]) -> dict[str, Any]:
    """One answer of entries:list. Raises ValueError for a request that cannot be understood."""
    wanted = compile_filter(body.get("filter", ""))
    newest_first = _newest_first(body.get("orderBy", "timestamp asc"))
    size = max(1, min(int(body.get("pageSize") or _PAGE), _LONGEST_PAGE))
    if f"projects/{project}" not in body.get("resourceNames", []):
        return {}
    found = sorted(filter(wanted, _entries(folder, project)), key=_place, reverse=newest_first)
    if body.get("pageToken"):
        after = _read_token(body["pageToken"])
        found = [
            entry
            for entry in found
            if (_place(entry) < after if newest_first else _place(entry) > after)
        ]
    page: dict[str, Any] = {"entries": found[:size]} if found else {}
    if len(found) > size:
        page["nextPageToken"] = _token(found[size - 1])
    return page


def write(folder: Path, body: dict[str, Any]) -> None:
    """Keep the entries of one entries:write, each completed from what stands beside them."""
    now = stamp(datetime.now(UTC))
    shared = {key: body[key] for key in ("logName", "resource") if key in body}
    lines = []
    for number, entry in enumerate(body["entries"] if "entries" in body else _missing()):
        whole = {**shared, "severity": "DEFAULT", "insertId": f"{now}-{number:06d}", **entry}
        whole["labels"] = {**body.get("labels", {}), **entry.get("labels", {})}
        whole["timestamp"] = normal_time(entry.get("timestamp") or now)
        whole["receiveTimestamp"] = now
        if "logName" not in whole or "resource" not in whole:
            raise ValueError("each entry needs logName and resource, its own or the request's")
        lines.append(json.dumps(whole, ensure_ascii=False) + "\n")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / WRITTEN).open("a", encoding="utf-8") as file:
        file.write("".join(lines))


def _missing() -> list[dict[str, Any]]:
    raise ValueError("the request has no entries")


def _entries(folder: Path, project: str) -> list[dict[str, Any]]:
    """Everything there is; a line's number within its service makes a stable insertId."""
    count: dict[str, int] = {}
    found = []
    for entry in read(folder):
        count[entry.service] = number = count.get(entry.service, 0) + 1
        found.append(entry.as_dict(project, f"{entry.service}-{number:09d}"))
    written = folder / WRITTEN
    if written.exists():
        lines = written.read_text(encoding="utf-8").splitlines()
        found.extend(json.loads(line) for line in lines if line.endswith("}"))
    return found


def _newest_first(order: str) -> bool:
    if order in ("", "timestamp", "timestamp asc"):
        return False
    if order == "timestamp desc":
        return True
    raise ValueError("orderBy must be 'timestamp asc' or 'timestamp desc'")


def _place(entry: dict[str, Any]) -> tuple[str, str]:
    return entry["timestamp"], entry["insertId"]


def _token(entry: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(_place(entry)).encode()).decode()


def _read_token(token: str) -> tuple[str, str]:
    timestamp, insert_id = json.loads(base64.urlsafe_b64decode(token))
    return timestamp, insert_id
