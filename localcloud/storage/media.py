"""Answering with an object's bytes: whole, ranged, gzip taken off for callers that cannot."""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from localcloud.storage.body import PIECE
from localcloud.storage.error import ApiError
from localcloud.storage.resource import Stored

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def parse_range(text: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None for no range, or one to be ignored.

    Raises ApiError (416) where the range lies behind the end.
    """
    found = _RANGE.fullmatch((text or "").strip())
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        start, end = max(0, size - int(found[2])), size
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)
        if found[2] and int(found[2]) < start:
            return None
    if start >= size or start >= end:
        raise ApiError(
            416,
            f"The requested range cannot be satisfied: {text} of {size} bytes.",
            "requestedRangeNotSatisfiable",
        )
    return start, end


def _headers(stored: Stored) -> dict[str, str]:
    resource = stored.resource
    hashes = [f"crc32c={resource['crc32c']}"]
    if "md5Hash" in resource:
        hashes.append(f"md5={resource['md5Hash']}")
    headers = {
        "content-type": resource["contentType"],
        "x-goog-generation": str(stored.generation),
        "x-goog-metageneration": str(stored.metageneration),
        "x-goog-hash": ",".join(hashes),
        "x-goog-stored-content-encoding": resource.get("contentEncoding", "identity"),
        "x-goog-stored-content-length": str(stored.size),
        "x-goog-storage-class": resource["storageClass"],
        "etag": resource["etag"],
        "accept-ranges": "bytes",
        "cache-control": resource.get("cacheControl", "no-cache, max-age=0, must-revalidate"),
    }
    for key, header in (
        ("contentEncoding", "content-encoding"),
        ("contentDisposition", "content-disposition"),
        ("contentLanguage", "content-language"),
    ):
        if key in resource:
            headers[header] = resource[key]
    for key, value in resource.get("metadata", {}).items():
        headers[f"x-goog-meta-{key}"] = value
    return {key: value for key, value in headers.items() if _sendable(key, value)}


def _sendable(key: str, value: str) -> bool:
    return value.isascii() and value.isprintable() and _TOKEN.fullmatch(key) is not None


def serve(stored: Stored, path: Path, asked: Headers) -> Response:
    """The answer to a read of the bytes. The file is opened here, so an overwrite can't cut it."""
    headers = _headers(stored)
    if (
        stored.resource.get("contentEncoding") == "gzip"
        and "gzip" not in asked.get("accept-encoding", "")
        and "no-transform" not in headers["cache-control"]
    ):
        del headers["content-encoding"]
        headers["warning"] = "214 UploadServer gunzipped"
        return Media(_gunzipped(pieces(path, 0, stored.size)), headers, 200)
    found = parse_range(asked.get("range"), stored.size)
    start, end = found or (0, stored.size)
    if found:
        headers["content-range"] = f"bytes {start}-{end - 1}/{stored.size}"
    headers["content-length"] = str(end - start)
    return Media(pieces(path, start, end), headers, 206 if found else 200)


def pieces(path: Path, start: int, end: int) -> Generator[bytes]:
    """Bytes of a file, which is opened now and closed after the last piece, or by `close`."""
    reading = _read(path, end - start, start)
    next(reading)
    return reading


def _read(path: Path, left: int, start: int) -> Generator[bytes]:
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        yield b""
        while left and (piece := file.read(min(left, PIECE))):
            left -= len(piece)
            yield piece


def _gunzipped(stored: Generator[bytes]) -> Generator[bytes]:
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    with closing(stored):
        for piece in stored:
            data = inflate.decompress(piece, PIECE)
            while data:
                yield data
                data = inflate.decompress(inflate.unconsumed_tail, PIECE)
        if rest := inflate.flush():
            yield rest


class Media(Response):
    """Bytes from disk, a piece at a time; memory does not grow with the object."""

    def __init__(self, pieces: Generator[bytes], headers: dict[str, str], status: int) -> None:
        self.pieces = pieces
        self.status_code = status
        self.raw_headers = [
            (key.lower().encode("ascii"), value.encode("ascii")) for key, value in headers.items()
        ]

    def close(self) -> None:
        """Let go of the file."""
        self.pieces.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them; a piece is read while the one before it is on its way."""
        del scope, receive
        start = {"status": self.status_code, "headers": self.raw_headers}
        with closing(self.pieces):
            await send({"type": "http.response.start", **start})
            for piece in self.pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
