"""Notification configurations: kept and shown. Nothing is published, there is no Pub/Sub here."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

from localcloud.storage.call import Call, answer, empty
from localcloud.storage.error import ApiError


async def insert(call: Call) -> Response:
    """POST notificationConfigs."""
    _admit(call)
    fields = await call.json()
    (number,) = call.storage.database.execute(
        "SELECT COALESCE(MAX(id), 0) + 1 FROM notifications WHERE bucket=?", (call.bucket,)
    ).fetchone()
    resource = {**fields, "kind": "storage#notification", "id": str(number), "etag": "MQ=="}
    call.storage.database.execute(
        "INSERT INTO notifications VALUES (?,?,?)",
        (call.bucket, number, orjson.dumps(resource).decode()),
    )
    return answer(resource)


async def list_all(call: Call) -> Response:
    """GET notificationConfigs."""
    _admit(call)
    rows = call.storage.database.execute(
        "SELECT resource FROM notifications WHERE bucket=? ORDER BY id", (call.bucket,)
    )
    items = [orjson.loads(resource) for (resource,) in rows]
    return answer({"kind": "storage#notifications"} | ({"items": items} if items else {}))


async def get(call: Call) -> Response:
    """GET notificationConfigs/N."""
    return answer(_find(call))


async def delete(call: Call) -> Response:
    """DELETE notificationConfigs/N."""
    found = _find(call)
    call.storage.database.execute(
        "DELETE FROM notifications WHERE bucket=? AND id=?", (call.bucket, found["id"])
    )
    return empty()


def _admit(call: Call) -> None:
    call.caller.require_person("storage.buckets.update")
    call.storage.buckets.get(call.bucket)


def _find(call: Call) -> Any:
    _admit(call)
    row = call.storage.database.execute(
        "SELECT resource FROM notifications WHERE bucket=? AND id=?",
        (call.bucket, call.place["notification"]),
    ).fetchone()
    if row is None:
        raise ApiError(404, "The specified notification does not exist.", "notFound")
    return orjson.loads(row[0])
