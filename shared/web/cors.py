"""Which web pages of other origins may call: none, unless the setting CORS_ORIGINS says so.

A browser asks first (OPTIONS), without a token. No cookie is ever looked at.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.answer import Answer

ALLOWED_HEADERS = (
    "Authorization, Content-Type, If-None-Match, X-API-Key, X-Request-Id, X-Request-Timeout, "
    "traceparent"
)
EXPOSED_HEADERS = "ETag, Retry-After, X-Model-Version, X-Request-Id, traceparent"
MAX_AGE_SECONDS = 600


class Cors:
    """The rule. origins: as browsers send them (`https://app.example`); * is every one."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = frozenset(origins)

    def headers(self, headers: Mapping[str, str], vary: str = "") -> dict[str, str]:
        """What the answer to a page's request carries; nothing for origins that are not listed.

        vary: what else it varies by.
        """
        if not self._origins:
            return {}
        origin, varies = headers.get("origin", ""), f"{vary}, Origin" if vary else "Origin"
        if not origin or not self._origins & {origin, "*"}:
            return {"Vary": varies}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": EXPOSED_HEADERS,
            "Vary": varies,
        }

    def preflight(self, method: str, headers: Mapping[str, str]) -> Answer | None:
        """The answer to a browser that asks first, or None where that is no such request."""
        asks = method == "OPTIONS" and "access-control-request-method" in headers
        if not asks or "Access-Control-Allow-Origin" not in self.headers(headers):
            return None
        return Answer(
            204,
            b"",
            headers={
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Allow-Headers": ALLOWED_HEADERS,
                "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
            },
        )
