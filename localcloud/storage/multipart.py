"""Reading `multipart/related` uploads: a JSON part, then bytes that never stay in memory.

Takes CRLF and bare LF line ends, and boundaries in single quotes: gcloud sends both.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

from localcloud.storage.call import JSON_LIMIT, json_object
from localcloud.storage.error import invalid

_BOUNDARY = re.compile(r"""boundary=(?:"([^"]+)"|'([^']+)'|([^;\s]+))""", re.IGNORECASE)
_SLACK = 16
"""Bytes that may follow the closing delimiter (a line end, white space)."""


def boundary(content_type: str) -> bytes:
    """The boundary of a multipart content type. Raises ApiError (400)."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise invalid("Multipart content must have a boundary.")
    return (found[1] or found[2] or found[3]).encode()


class Multipart:
    """One upload. Call `read_head` first, then iterate over `media`."""

    def __init__(self, content_type: str, stream: AsyncIterator[bytes]) -> None:
        self.fields: dict[str, Any] = {}
        self.media_type: str | None = None
        self._delimiter = b"--" + boundary(content_type)
        self._stream = stream
        self._buffer = bytearray()
        self._line_end = b"\n"

    async def read_head(self) -> None:
        """Read up to where the bytes begin. Raises ApiError (400) for what is no such upload."""
        async for piece in self._stream:
            self._buffer += piece
            if self._take_head():
                return
            if len(self._buffer) > JSON_LIMIT:
                break
        raise invalid("Malformed multipart body.")

    def _take_head(self) -> bool:
        start = self._buffer.find(self._delimiter)
        end = self._buffer.find(b"\n", start + 1)
        if start < 0 or end < 0:
            return False
        self._line_end = b"\r\n" if self._buffer[end - 1 : end] == b"\r" else b"\n"
        metadata = self._after_headers(end + 1)
        between = self._buffer.find(self._line_end + self._delimiter, metadata)
        end = self._buffer.find(b"\n", between + 2)
        media = self._after_headers(end + 1)
        if min(metadata, between, end, media) < 0:
            return False
        self.fields = json_object(bytes(self._buffer[metadata:between]))
        self.media_type = _content_type(bytes(self._buffer[end + 1 : media]))
        del self._buffer[:media]
        return True

    def _after_headers(self, at: int) -> int:
        if self._buffer.startswith(self._line_end, at):
            return at + len(self._line_end)
        end = self._buffer.find(self._line_end * 2, at)
        return end + 2 * len(self._line_end) if end >= 0 else -1

    async def media(self) -> AsyncIterator[bytes]:
        """The bytes. Raises ApiError (400) at the end where the closing delimiter is missing."""
        closing = self._line_end + self._delimiter + b"--"
        keep = len(closing) + _SLACK
        held = self._buffer
        async for piece in self._stream:
            if len(held) > keep:
                yield bytes(held[:-keep])
                del held[:-keep]
            held += piece
        end = held.rfind(closing)
        if end < 0 or held[end + len(closing) :].strip():
            raise invalid("Malformed multipart body: it has no closing delimiter.")
        yield bytes(held[:end])


def _content_type(headers: bytes) -> str | None:
    for line in headers.decode("latin-1").splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() == "content-type":
            return value.strip()
    return None
