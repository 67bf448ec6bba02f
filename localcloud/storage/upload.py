"""Uploads in one request (media, multipart), and the way to those in several (resumable)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response

from localcloud.storage import resumable
from localcloud.storage.admission import admit, overwriting, verify
from localcloud.storage.call import Call
from localcloud.storage.error import invalid
from localcloud.storage.multipart import Multipart
from localcloud.storage.resource import writable


async def insert(call: Call) -> Response:
    """POST .../o: by uploadType."""
    kind = call.query.get("uploadType")
    if kind == "media":
        return await _media(call)
    if kind == "multipart":
        return await _multipart(call)
    if kind == "resumable":
        return await resumable.start(call)
    raise invalid(f"Invalid upload type: {kind!r}. It must be media, multipart or resumable.")


async def _media(call: Call) -> Response:
    admit(call, call.name)
    fields = {"contentType": call.headers.get("content-type") or "application/octet-stream"}
    return await _take(call, call.name, fields, call.body)


async def _multipart(call: Call) -> Response:
    parts = Multipart(call.headers.get("content-type", ""), call.body)
    await parts.read_head()
    fields = parts.fields
    if parts.media_type and "contentType" not in fields:
        fields["contentType"] = parts.media_type
    name = call.name or fields.get("name", "")
    admit(call, name)
    return await _take(call, name, fields, parts.media())


async def _take(
    call: Call, name: str, fields: dict[str, Any], pieces: AsyncIterator[bytes]
) -> Response:
    if "contentEncoding" in call.query:
        fields = {**fields, "contentEncoding": call.query["contentEncoding"]}
    with call.storage.new_body() as body:
        async for piece in pieces:
            body.write(piece)
        verify(body, fields, call.headers)
        body.verify(call.headers.get("content-md5"), None)
        stored = call.storage.put(
            call.bucket,
            name,
            body,
            writable(fields),
            preconditions=call.preconditions,
            may_overwrite=overwriting(call.caller, call.bucket, name),
        )
    return call.show(stored)
