"""One HTTP/1.1 connection of a client: a request, then its whole answer. httptools parses.

Why not a library's: docs/decisions/0014-predict-api.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import httptools

LARGEST = 64 * 1024 * 1024
"""Bytes of an answer's body that are read at all."""


class Broken(Exception):
    """The connection ended, or what came is no HTTP. untouched: no byte of an answer had come."""

    def __init__(self, message: str, *, untouched: bool = False) -> None:
        super().__init__(message)
        self.untouched = untouched


class Headers(Mapping[str, str]):
    """Headers of an answer; case does not count. One that came twice is joined by a comma."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def add(self, name: bytes, value: bytes) -> None:
        """One line of the answer's head."""
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        known = self._values.get(key)
        self._values[key] = text if known is None else f"{known}, {text}"

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer of any status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """Takes one request at a time. is_open: whether it may be given another one."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Reply] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._begin()

    async def exchange(self, request: bytes) -> Reply:
        """The answer to a request. Raises Broken. A caller that gives up ends the connection, for
        the answer that is still to come is nobody's."""
        assert self._transport is not None
        assert self._answer is None
        if not self.is_open:
            raise Broken("the connection is closed", untouched=True)
        self._begin()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._answer
        except BaseException:
            self.abort()
            raise
        finally:
            self._answer = None

    def abort(self) -> None:
        """End it now."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: it stands."""
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes came."""
        if self._answer is None or self._answer.done():
            self.abort()  # nobody asked: such bytes must not become the next one's answer
            return
        self._touched = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"the answer is no HTTP: {error}")

    def connection_lost(self, exception: Exception | None) -> None:
        """Asyncio: it is gone. An answer without a length ends here."""
        self.is_open = False
        if self._head_is_whole and not self._is_sized and exception is None:
            self._finish()
        self._fail(f"the connection ended: {exception or 'closed by the server'}")

    def on_message_begin(self) -> None:
        """Httptools: an answer begins; one more than was asked for is nobody's."""
        if self._answer is None or self._answer.done():
            self._begin_answer()
            self.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Httptools: one header."""
        self._headers.add(name, value)

    def on_headers_complete(self) -> None:
        """Httptools: the head is whole."""
        self._status = self._parser.get_status_code()
        self._head_is_whole = True
        self._is_sized = "content-length" in self._headers or "transfer-encoding" in self._headers

    def on_body(self, piece: bytes) -> None:
        """Httptools: a piece of the body."""
        self._size += len(piece)
        if self._size > LARGEST:
            self._fail(f"the answer has more than {LARGEST} bytes")
        else:
            self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """Httptools: the answer is whole; one of 1xx only says that another one comes."""
        if self._status < 200:
            touched = self._touched
            self._begin_answer()
            self._touched = touched
            return
        if not self._parser.should_keep_alive():
            self.is_open = False
        self._finish()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._begin_answer()

    def _begin_answer(self) -> None:
        self._headers = Headers()
        self._pieces: list[bytes] = []
        self._size = self._status = 0
        self._touched = self._head_is_whole = self._is_sized = False

    def _finish(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Reply(self._status, self._headers, b"".join(self._pieces)))
        if not self.is_open and self._transport is not None:
            self._transport.close()

    def _fail(self, message: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Broken(message, untouched=not self._touched))
        self.abort()
