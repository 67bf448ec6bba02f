"""Who may talk to the local cloud: programs on this machine, and no web page.

A page on the internet can make a browser send requests to 127.0.0.1, by a name that resolves there
(DNS rebinding) or straight from its script. Both show in headers that a browser always sets.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud.admin import PREFIX
from localcloud.rpc import refusal

PROXIED = {b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"}
"""What a proxy says of whom it asks for: whoever that is, they do not sit here."""


class Loopback:
    """ASGI middleware: 403 for a foreign Host, a foreign Origin, or any Origin below /_local/."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        reason = _reason(scope) if scope["type"] == "http" else None
        if reason:
            await refusal(403, "PERMISSION_DENIED", reason)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Whether a Host header (or the part of an address after //) names this machine."""
    if set(host) & set("/?#@\\"):
        return False
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _reason(scope: Scope) -> str | None:
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    origin = headers.get(b"origin")
    if not is_loopback(headers.get(b"host", "")):
        return "The local cloud answers on 127.0.0.1 and localhost only; mend the address."
    if origin is not None and scope["path"].startswith(PREFIX):
        return "No web page may use these routes; call them from a program without Origin."
    if not headers.keys().isdisjoint(PROXIED):
        return "It came through a proxy, and the local cloud is for this machine only."
    if origin is not None and not is_loopback(origin.partition("://")[2]):
        return "A web page of another host may not use the local cloud."
    if headers.get(b"sec-fetch-site") == "cross-site":
        return "A web page of another host may not use the local cloud."
    return None
