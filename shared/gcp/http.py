"""One pooled asynchronous HTTP client with a bearer token, for the request path."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from google.auth.exceptions import GoogleAuthError

from shared.core import trace
from shared.core.errors import RetryableError
from shared.gcp.credentials import Tokens, credentials_error

KEEP_ALIVE_SECONDS = 20.0
"""How long an idle connection is kept: shorter than the servers' own, which close after 75 s or
more; one that closes earlier costs one immediate retry."""

_STALE = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer of any status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Pool:
    """Connections of one event loop, made at first use. Safe for concurrent tasks.

    tokens: whose calls these are. unavailable: the error for an address that does not answer;
    late: for one that does not answer in time. The trace of the request goes with every call.
    """

    def __init__(
        self,
        tokens: Tokens,
        unavailable: type[RetryableError],
        late: type[RetryableError] | None = None,
    ) -> None:
        self._tokens = tokens
        self._unavailable = unavailable
        self._late = late or unavailable
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self,
        method: str,
        url: str,
        *,
        timeout: float,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> Reply:
        """One answer within `timeout` seconds in all.

        A pooled connection that the server had closed is replaced once; a token that it refuses
        (401) is renewed once.
        """
        headers = {"Content-Type": content_type} if body is not None else {}
        context = trace.current.get()
        if context is not None:
            headers |= context.outgoing()
        try:
            async with asyncio.timeout(timeout):
                return await self._authorized(method, url, headers, body)
        except TimeoutError as error:
            raise self._late(f"no answer from {url} in {timeout:.3g} s") from error
        except aiohttp.ClientError as error:
            raise self._unavailable(f"{url}: {type(error).__name__}: {error}") from error
        except GoogleAuthError as error:
            raise credentials_error(error, self._unavailable) from error

    async def close(self) -> None:
        """Close the connections. The next `send` opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _authorized(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None
    ) -> Reply:
        token = await self._tokens.token()
        reply = await self._fresh(method, url, _bearer(headers, token), body)
        if reply.status != 401:
            return reply
        self._tokens.reject(token)
        token = await self._tokens.token()
        return await self._fresh(method, url, _bearer(headers, token), body)

    async def _fresh(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None
    ) -> Reply:
        try:
            return await self._once(method, url, headers, body)
        except aiohttp.ClientConnectorError:
            raise
        except _STALE:
            return await self._once(method, url, headers, body)

    async def _once(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None
    ) -> Reply:
        async with self._open().request(
            method, url, headers=headers, data=body, allow_redirects=False
        ) as response:
            return Reply(response.status, response.headers, await response.read())

    def _open(self) -> aiohttp.ClientSession:
        session = self._session
        if session is None or session.closed or session._loop is not asyncio.get_running_loop():
            connector = aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE_SECONDS)
            session = self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return session


def _bearer(headers: dict[str, str], token: str) -> dict[str, str]:
    return {**headers, "Authorization": f"Bearer {token}"}
