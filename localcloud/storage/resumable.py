"""Resumable uploads: a session in sqlite, its bytes in a file, in as many requests as it takes.

A session survives `kill -9`: what had arrived is read again for the checksums. Its address is the
key to it, as on Google Cloud: whoever has it may go on.
"""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response

from localcloud.storage.access import Caller
from localcloud.storage.admission import admit, header_parts, overwriting, verify
from localcloud.storage.body import Body
from localcloud.storage.call import Call, answer
from localcloud.storage.error import ApiError, invalid
from localcloud.storage.precondition import Preconditions
from localcloud.storage.resource import Stored, with_links, writable

_CHUNK = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


async def start(call: Call) -> Response:
    """POST: open a session; its address is in `Location`."""
    fields = await call.json()
    name = call.name or fields.get("name", "")
    admit(call, name)
    kind = call.headers.get("x-upload-content-type")
    if kind and "contentType" not in fields:
        fields["contentType"] = kind
    if "contentEncoding" in call.query:
        fields["contentEncoding"] = call.query["contentEncoding"]
    writable(fields)
    request = {
        "fields": fields,
        "preconditions": asdict(call.preconditions),
        "email": call.caller.email,
        "hash": ",".join(header_parts(call.headers)),
        "total": call.headers.get("x-upload-content-length"),
    }
    upload_id = uuid4().hex
    call.storage.database.execute(
        "INSERT INTO uploads VALUES (?,?,?,?,NULL,?)",
        (upload_id, call.bucket, name, orjson.dumps(request).decode(), time.time()),
    )
    query = urlencode({"uploadType": "resumable", "name": name, "upload_id": upload_id})
    location = f"{call.host}/upload/storage/v1/b/{call.bucket}/o?{query}"
    return Response(headers={"location": location, "x-guploader-uploadid": upload_id})


async def go_on(call: Call) -> Response:
    """PUT: the next bytes, or the question how many have arrived."""
    upload_id, bucket, name, request, done = _session(call)
    if done is not None:
        return answer(with_links(done, call.host), call.query.get("fields"))
    body = _body(call, upload_id)
    first, total = _chunk(call.headers, request["total"])
    if first is not None and first <= body.size:
        await _append(call, body, body.size - first)
    if total is None or body.size < total:
        return _incomplete(body)
    with body:
        del call.storage.unfinished[upload_id]
        if body.size > total:
            raise invalid(f"Invalid request. {body.size} bytes came, {total} were announced.")
        verify(body, request["fields"], Headers({"x-goog-hash": request["hash"]}))
        verify(body, {}, call.headers)
        caller = Caller(request["email"], call.caller.access)
        stored = call.storage.put(
            bucket,
            name,
            body,
            writable(request["fields"]),
            preconditions=Preconditions(**request["preconditions"]),
            may_overwrite=overwriting(caller, bucket, name),
            within=lambda stored: _end(call, upload_id, stored),
        )
    return call.show(stored)


def _body(call: Call, upload_id: str) -> Body:
    body = call.storage.unfinished.get(upload_id)
    if body is None:
        body = Body.reopened(call.storage.uploads / upload_id)
        call.storage.unfinished[upload_id] = body
    if body.busy:
        raise ApiError(503, "Another request of this upload is under way.", "backendError")
    return body


async def cancel(call: Call) -> Response:
    """DELETE: give the session up."""
    upload_id, *_ = _session(call)
    call.storage.database.execute("DELETE FROM uploads WHERE id=?", (upload_id,))
    call.storage.unfinished.pop(upload_id, None)
    (call.storage.uploads / upload_id).unlink(missing_ok=True)
    return Response(status_code=499)


def _end(call: Call, upload_id: str, stored: Stored) -> None:
    call.storage.database.execute(
        "UPDATE uploads SET answer=? WHERE id=?",
        (orjson.dumps(stored.resource).decode(), upload_id),
    )


def _session(call: Call) -> tuple[str, str, str, dict[str, Any], dict[str, Any] | None]:
    row = call.storage.database.execute(
        "SELECT id, bucket, name, request, answer FROM uploads WHERE id=?",
        (call.query.get("upload_id", ""),),
    ).fetchone()
    if row is None:
        raise ApiError(404, "No such upload: it was never started, or given up.", "notFound")
    upload_id, bucket, name, request, done = row
    return upload_id, bucket, name, orjson.loads(request), orjson.loads(done) if done else None


def _chunk(headers: Headers, announced: str | None) -> tuple[int | None, int | None]:
    """First byte of this request (None: it is a question) and the total, None while unknown."""
    text = headers.get("content-range")
    if text is None:
        length = headers.get("content-length") or announced
        return 0, int(length) if length else None
    found = _CHUNK.fullmatch(text.strip())
    if found is None:
        raise invalid(f"Failed to parse Content-Range header: {text[:80]!r}")
    first = int(found[1]) if found[1] else None
    return first, int(found[3]) if found[3] != "*" else None


async def _append(call: Call, body: Body, skip: int) -> None:
    body.busy = True
    try:
        async for piece in call.body:
            if skip < len(piece):
                body.write(piece[skip:])
            skip = max(0, skip - len(piece))
    finally:
        body.busy = False
        body.close()


def _incomplete(body: Body) -> Response:
    headers = {"range": f"bytes=0-{body.size - 1}"} if body.size else {}
    return Response(status_code=308, headers=headers)
