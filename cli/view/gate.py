"""Who comes through: the browser that was given the printed link, and nobody else on this machine.

Every request must be addressed to us by our number and port, so that no name that resolves to this
machine (DNS rebinding) leads here; it must not come from another origin; and it must carry the
cookie that the link's secret, good once, was exchanged for.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cli.view.page import told

ENTRY = "/_open/enter"
_OWN = (None, "same-origin", "none")
"""What a browser says of requests of our own pages, and of typed addresses."""


class Gate:
    """ASGI middleware. address: ours, such as http://127.0.0.1:41234."""

    def __init__(self, app: ASGIApp, address: str) -> None:
        self._app = app
        self._address = address
        self._cookie = f"dropserve_open_{address.rpartition(':')[2]}"  # cookies know no ports
        self._secret = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)

    def link(self) -> str:
        """What the person opens, once."""
        return f"{self._address}{ENTRY}?key={self._secret}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, let in, or refuse."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        answer = self._refusal(asked) or self._entrance(asked)
        if answer is None and not self._is_in(asked):
            answer = told(403, "Open the link that ./run open printed, in this browser.")
        await (answer or self._app)(scope, receive, send)

    def _refusal(self, asked: HTTPConnection) -> Response | None:
        headers = asked.headers
        if headers.get("host") != self._address.removeprefix("http://"):
            return told(421, f"This is {self._address}, and answers to no other name.")
        if headers.get("origin", self._address) != self._address:
            return told(403, "A page of another place may not use this one.")
        if headers.get("sec-fetch-site") not in _OWN:
            return told(403, "Type or paste the link into the address bar; no page may lead here.")
        return None

    def _entrance(self, asked: HTTPConnection) -> Response | None:
        if asked.scope["path"] != ENTRY:
            return None
        given = parse_qs(asked.scope["query_string"].decode("latin-1")).get("key", [""])[0]
        if asked.scope["method"] != "GET" or not self._is_secret(given):
            return told(403, "This link was used already or is not ours; type ./run open again.")
        self._secret = ""
        answer = RedirectResponse("/", 303, {"Referrer-Policy": "no-referrer"})
        answer.headers["Cache-Control"] = "no-store"
        answer.set_cookie(self._cookie, self._session, httponly=True, samesite="strict", path="/")
        return answer

    def _is_secret(self, given: str) -> bool:
        return bool(self._secret) and hmac.compare_digest(given.encode(), self._secret.encode())

    def _is_in(self, asked: HTTPConnection) -> bool:
        given = asked.cookies.get(self._cookie, "")
        return hmac.compare_digest(given.encode(), self._session.encode())
