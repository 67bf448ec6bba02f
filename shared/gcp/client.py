"""Requests over kept connections, on one event loop; no token, no retry but for stale ones."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from shared.gcp.connection import Broken, Connection, Reply

KEEP_ALIVE_SECONDS = 20.0
"""How long an idle connection is kept: shorter than the servers' own, which close after 75 s or
more; one that closes earlier costs one immediate retry."""

IDLE = 100
"""Idle connections of one origin that are kept."""

PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]
"""Scheme, host, port."""


class Client:
    """Connections by origin, made at need. Safe for concurrent tasks; each has its own connection.

    authorities: whom https trusts; None: those of the system, read when they are needed.
    """

    def __init__(self, authorities: ssl.SSLContext | None = None) -> None:
        self._authorities = authorities
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle: dict[Origin, list[tuple[float, Connection]]] = {}

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """One answer. Raises Broken, OSError (which ssl's errors are), ValueError.

        A connection that ends before a byte of the answer is replaced once: the server may have
        closed it while it was idle.
        """
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"not an http:// or https:// address: {url[:120]!r}")
        origin = (parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme])
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        request = _request(method, target, {"Host": parts.netloc, **headers}, body)
        try:
            return await self._exchange(origin, request, fresh=False)
        except Broken as error:
            if not error.untouched:
                raise
        return await self._exchange(origin, request, fresh=True)

    async def close(self) -> None:
        """Close the idle connections. The next `send` opens new ones."""
        known, self._idle = self._idle, {}
        if self._loop is asyncio.get_running_loop():
            for idle in known.values():
                for _, connection in idle:
                    connection.abort()
            await asyncio.sleep(0)  # their transports end in the loop's next turn

    async def _exchange(self, origin: Origin, request: bytes, *, fresh: bool) -> Reply:
        connection = (None if fresh else self._kept(origin)) or await self._connect(origin)
        reply = await connection.exchange(request)
        if connection.is_open:
            self._keep(origin, connection)
        return reply

    def _kept(self, origin: Origin) -> Connection | None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # connections of a loop that has ended end with it
            self._loop, self._idle = loop, {}
        idle = self._idle.get(origin, [])
        oldest = loop.time() - KEEP_ALIVE_SECONDS
        while idle:
            since, connection = idle.pop()
            if connection.is_open and since >= oldest:
                return connection
            connection.abort()
        return None

    def _keep(self, origin: Origin, connection: Connection) -> None:
        idle = self._idle.setdefault(origin, [])
        if len(idle) >= IDLE:
            connection.abort()
        else:
            idle.append((asyncio.get_running_loop().time(), connection))

    async def _connect(self, origin: Origin) -> Connection:
        scheme, host, port = origin
        context = None
        if scheme == "https":
            if self._authorities is None:
                self._authorities = await asyncio.to_thread(ssl.create_default_context)
            context = self._authorities
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, host, port, ssl=context)
        return connection


def _request(method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    if any("\r" in line or "\n" in line or "\0" in line for line in lines):
        raise ValueError("a header or path holds a line break")
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + (body or b"")
