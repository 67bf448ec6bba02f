"""One request and what becomes known of it: for its handlers, its answer and its log line."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from shared.core import header, trace
from shared.core.principal import Principal
from shared.core.trace import Trace
from shared.web.answer import Answer
from shared.web.body import Receive
from shared.web.route import Found

NOBODY = Principal("")


@dataclass(slots=True)
class Exchange:
    """A request under way. headers: names in lower case. facts: what the log line tells beside
    the rest: names, ids and numbers; never a token, a value, or a name that means nothing here."""

    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    receive: Receive
    trace: Trace
    started: float
    found: Found | None = None
    principal: Principal = NOBODY
    timeout: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def begin(cls, scope: MutableMapping[str, Any], receive: Receive) -> Exchange:
        """A request that has just come in over ASGI; its trace is the current one from now on."""
        headers = header.joined(scope["headers"])
        context = trace.of(headers)
        trace.current.set(context)
        started = time.perf_counter()
        asked = scope["method"], scope["path"], scope["query_string"]
        return cls(*asked, headers, receive, context, started)

    def name(self, part: str) -> str:
        """A name in the path. Raises KeyError where the route has no such part."""
        assert self.found is not None
        return self.found.names[part]

    def line(self, told: Answer, project: str) -> dict[str, Any]:
        """The log line, in Cloud Logging's field names. The path is the table's, not the caller's,
        who may have put anything there."""
        seconds = time.perf_counter() - self.started
        return {
            "severity": "ERROR" if told.status >= 500 else "INFO",
            "trace": f"projects/{project}/traces/{self.trace.trace}",
            "logging.googleapis.com/spanId": self.trace.span,
            "logging.googleapis.com/trace_sampled": self.trace.sampled,
            "httpRequest": {
                "requestMethod": self.method if self.found else "",
                "requestUrl": self.found.route.path if self.found else "",
                "status": told.status,
                "responseSize": str(len(told.body)),
                "latency": f"{seconds:.6f}s",
            },
            "request_id": self.trace.request,
            **self.facts,
            "status": told.status,
            "seconds": round(seconds, 6),
        }
