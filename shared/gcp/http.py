"""One pooled asynchronous HTTP client with a bearer token, for the request path."""

from __future__ import annotations

import asyncio

from google.auth.exceptions import GoogleAuthError

from shared.core import trace
from shared.core.errors import InvalidRequest, RetryableError
from shared.gcp.client import Client
from shared.gcp.connection import Broken, Reply
from shared.gcp.credentials import Tokens, credentials_error


class Pool:
    """A client that calls as somebody. Safe for concurrent tasks.

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
        self._client = Client()

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
        except (Broken, OSError) as error:
            raise self._unavailable(f"{url}: {type(error).__name__}: {error}") from error
        except ValueError as error:
            raise InvalidRequest(f"{url[:200]}: {error}") from error
        except GoogleAuthError as error:
            raise credentials_error(error, self._unavailable) from error

    async def close(self) -> None:
        """Close the connections. The next `send` opens new ones."""
        await self._client.close()

    async def _authorized(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None
    ) -> Reply:
        token = await self._tokens.token()
        reply = await self._client.send(method, url, _bearer(headers, token), body)
        if reply.status != 401:
            return reply
        self._tokens.reject(token)
        token = await self._tokens.token()
        return await self._client.send(method, url, _bearer(headers, token), body)


def _bearer(headers: dict[str, str], token: str) -> dict[str, str]:
    return {**headers, "Authorization": f"Bearer {token}"}
