"""The trace that a request belongs to, and its id: read from headers, sent on with every call.

W3C `traceparent` or Google's older `X-Cloud-Trace-Context`; a new trace where neither came.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass

REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_CLOUD = re.compile(r"([0-9a-fA-F]{32})(?:/(\d{1,20}))?(?:;o=(\d))?")
_NONE = "0" * 32


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a request stands. trace: 32 hex digits; span: 16, ours; request: the request's id."""

    trace: str
    span: str
    sampled: bool
    request: str

    @property
    def parent(self) -> str:
        """The header `traceparent` for calls of ours, and for the answer."""
        return f"00-{self.trace}-{self.span}-{'01' if self.sampled else '00'}"

    def outgoing(self) -> dict[str, str]:
        """The headers of calls of ours."""
        return {"traceparent": self.parent, "X-Request-Id": self.request}


current: ContextVar[Trace | None] = ContextVar("trace", default=None)
"""The trace of the request that is being answered, for whoever calls another service."""


def of(headers: Mapping[str, str]) -> Trace:
    """The trace in request headers (names in lower case); what is malformed counts as not sent."""
    trace, sampled = _context(headers)
    given = headers.get("x-request-id", "")
    request = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    return Trace(trace or secrets.token_hex(16), secrets.token_hex(8), sampled, request)


def _context(headers: Mapping[str, str]) -> tuple[str, bool]:
    found = _PARENT.fullmatch(headers.get("traceparent", ""))
    if found and found[1] != _NONE:
        return found[1], bool(int(found[3], 16) & 1)
    found = _CLOUD.fullmatch(headers.get("x-cloud-trace-context", ""))
    if found and found[1] != _NONE:
        return found[1].lower(), found[3] == "1"
    return "", False
