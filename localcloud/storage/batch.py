"""Batches: up to 100 calls in one multipart/mixed request, each answered for itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.responses import Response

from localcloud.storage.call import Call
from localcloud.storage.error import ApiError, invalid
from localcloud.storage.media import Media
from localcloud.storage.multipart import boundary

LARGEST = 100

Dispatch = Callable[[Call, str], Awaitable[Response]]


async def answer_all(call: Call, dispatch: Dispatch) -> Response:
    """Answer every part in order. Raises ApiError (400) for what is no batch."""
    parts = list(_parts(await call.read(), boundary(call.headers.get("content-type", ""))))
    if not 1 <= len(parts) <= LARGEST:
        raise invalid(f"A batch holds 1 to {LARGEST} calls, this one {len(parts)}.")
    mark = f"batch_{uuid4().hex}"
    answers = [await _answer(call, dispatch, part) for part in parts]
    body = b"".join(b"--%b\r\n%b\r\n" % (mark.encode(), each) for each in answers)
    return Response(
        b"%b--%b--\r\n" % (body, mark.encode()),
        headers={"content-type": f"multipart/mixed; boundary={mark}"},
    )


def _parts(body: bytes, mark: bytes) -> Iterator[bytes]:
    for part in body.replace(b"\r\n", b"\n").split(b"--" + mark)[1:]:
        if part.startswith(b"--"):
            return
        yield part.strip(b"\n")


async def _answer(call: Call, dispatch: Dispatch, part: bytes) -> bytes:
    head, _, request = part.partition(b"\n\n")
    line, _, rest = request.partition(b"\n")
    lines, _, body = rest.partition(b"\n\n")
    try:
        method, target, _ = line.decode().split(" ")
    except ValueError:
        raise invalid(f"Not a request line in a batch: {line[:80]!r}") from None
    url = urlsplit(target)
    inner = Call(
        call.storage,
        call.caller,
        method,
        url.query,
        _headers(lines),
        call.host,
        _once(body),
    )
    response = await dispatch(inner, url.path)
    if isinstance(response, Media):
        response.close()
        raise ApiError(400, "A batch does not carry media.", "invalid")
    identity = _headers(head).get("content-id", "").strip("<>")
    return _shown(response, identity)


def _headers(lines: bytes) -> Headers:
    pairs = (line.partition(b":") for line in lines.split(b"\n") if line)
    return Headers(raw=[(key.strip().lower(), value.strip()) for key, _, value in pairs])


async def _once(body: bytes) -> AsyncIterator[bytes]:
    if body:
        yield body


def _shown(response: Response, identity: str) -> bytes:
    phrase = HTTPStatus(response.status_code).phrase
    lines = [
        "Content-Type: application/http",
        f"Content-ID: <response-{identity}>",
        "",
        f"HTTP/1.1 {response.status_code} {phrase}",
        *(f"{key.decode()}: {value.decode()}" for key, value in response.raw_headers),
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + bytes(response.body)
