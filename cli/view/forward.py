"""Passes requests on in the person's name, and the answers back, piece by piece both ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import aiohttp
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from yarl import URL

from cli.client import Service, reason
from cli.failure import Failure
from cli.view.page import told

_HOP = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
    *("transfer-encoding", "upgrade", "expect", "alt-svc"),
}
_OURS = {
    *("host", "cookie", "authorization", "x-serverless-authorization", "origin", "referer"),
    *("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user", "forwarded"),
    *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"),
}
"""What a browser says to us and not to who is behind us."""
_OF_CONTENT = (b"content-type", b"content-length", b"content-encoding")
_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=10, sock_read=330)


class Forward:
    """One connection pool for everything behind. A context; opened in the server's event loop."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Forward:
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept-Encoding", "User-Agent"),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()

    async def passed(self, request: Request, service: Service) -> Response:
        """The same request to the same path of a service, and its answer."""
        path = request.scope["raw_path"].decode("latin-1")
        query = request.scope["query_string"].decode("latin-1")
        headers = _kept(request.headers, _HOP | _OURS)
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        body = request.stream() if has_body else None
        where = f"{path}?{query}" if query else path
        return await self._asked(service, request.method, where, headers, body)

    async def fetched(self, service: Service, path: str, headers: Mapping[str, str]) -> Response:
        """What a service has at a path, with these headers instead of its own."""
        answer = await self._asked(service, "GET", path, {}, None)
        if answer.status_code == 200:
            kept = [(k, v) for k, v in answer.raw_headers if k in _OF_CONTENT]
            answer.raw_headers = kept
            answer.headers.update(headers)
        return answer

    async def _asked(
        self,
        service: Service,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes] | None,
    ) -> Response:
        assert self._session is not None
        try:
            proof = await asyncio.to_thread(service.proof)
            answer = await self._session.request(
                method,
                URL(f"{service.url}{path}", encoded=True),
                headers={**headers, **proof},
                data=body,
                allow_redirects=False,
            )
        except Failure as failure:  # no token: nobody is signed in any more
            return told(502, str(failure))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return told(502, f"No answer from {service.url}: {error or type(error).__name__}")
        return await _explained(answer, service) or _streamed(answer)


async def _explained(answer: aiohttp.ClientResponse, service: Service) -> Response | None:
    """Our page, where Google refuses the person before predict could say why."""
    if answer.status not in (401, 403) or "json" in answer.headers.get("content-type", ""):
        return None
    async with answer:
        said = f"{reason(await answer.read())} (HTTP {answer.status})"
    return told(answer.status, f"{said}{service.denied(said)}")


def _streamed(answer: aiohttp.ClientResponse) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        async with answer:
            async for piece in answer.content.iter_any():
                yield piece

    made = StreamingResponse(pieces(), answer.status)
    made.raw_headers = [
        (name.lower(), value)
        for name, value in answer.raw_headers
        if name.decode("latin-1").lower() not in _HOP | {"set-cookie"}
    ]
    return made


def _kept(headers: Mapping[str, str], without: set[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in without}
