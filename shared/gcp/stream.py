"""Forward-only streams in bounded memory: over a generation of an object, and to a new one."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import google_crc32c
import requests
from google.api_core.exceptions import from_http_response
from google.api_core.retry import Retry

from shared.core.errors import StorageUnavailable

_BROKEN = "the download broke off"


class MediaStream(io.RawIOBase):
    """Raw bytes of one media download.

    url: pinned to a generation, so a stream that breaks off goes on with a ranged request for the
    same bytes; retry bounds how long it tries without progress. At the end the crc32c of it all is
    compared with the store's. An object stored as gzip arrives unpacked, and then neither is
    possible: the store knows the packed bytes only. translated: turns errors into the tree's.
    """

    def __init__(
        self,
        session: requests.Session,
        url: str,
        translated: Callable[[], AbstractContextManager[None]],
        timeout: tuple[float, float],
        retry: Retry,
    ) -> None:
        super().__init__()
        self._session, self._url, self._timeout = session, url, timeout
        self._translated = translated
        self._piece = retry(self._read_piece)
        self._response: requests.Response | None = None
        self._position = 0
        self._size: int | None = None
        self._expected_crc32c = ""
        self._crc32c = google_crc32c.Checksum()
        with translated():
            retry(self._connect)()

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill some of the buffer. Raises errors of the tree; 0 at the end."""
        with self._translated():
            piece = self._piece(len(buffer))
            self._position += len(piece)
            self._crc32c.update(piece)
            if not piece:
                self._check()
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Let go of the connection."""
        self._disconnect()
        super().close()

    def _read_piece(self, size: int) -> bytes:
        response = self._response or self._connect()
        try:
            piece: bytes = response.raw.read(size, decode_content=False)
            if not piece and self._size is not None and self._position < self._size:
                raise ConnectionError(_BROKEN)
        except Exception:
            self._disconnect()
            raise
        return piece

    def _connect(self) -> requests.Response:
        if self._position and self._size is None:
            raise StorageUnavailable(f"{_BROKEN}, and an unpacked one cannot go on in its middle")
        headers = {"Accept-Encoding": "identity"}
        if self._position:
            headers["Range"] = f"bytes={self._position}-"
        response = self._session.get(self._url, headers=headers, stream=True, timeout=self._timeout)
        if response.status_code != (206 if self._position else 200):
            with response:
                raise from_http_response(response)
        if not self._position:
            self._learn(response.headers)
        self._response = response
        return response

    def _learn(self, headers: Any) -> None:
        if headers.get("x-goog-stored-content-encoding", "identity") != "identity":
            return
        length = headers.get("x-goog-stored-content-length") or headers.get("content-length")
        self._size = int(length) if length else None
        for digest in headers.get("x-goog-hash", "").split(","):
            if digest.strip().startswith("crc32c="):
                self._expected_crc32c = digest.strip()[len("crc32c=") :]

    def _check(self) -> None:
        actual = base64.b64encode(self._crc32c.digest()).decode()
        if self._expected_crc32c and actual != self._expected_crc32c:
            raise StorageUnavailable(f"{self._url}: the bytes that came do not match their crc32c")

    def _disconnect(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None


class PieceStream(io.RawIOBase):
    """What an iterator gives, as a stream that an upload reads: each read is full until the end."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._kept = bytearray()
        self._position = 0

    def readable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """How many bytes were read."""
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        """As many bytes as are asked for, fewer at the end only. Raises what the iterator does."""
        while size < 0 or len(self._kept) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._kept += piece
        end = len(self._kept) if size < 0 else size
        data = bytes(self._kept[:end])
        del self._kept[:end]
        self._position += len(data)
        return data
