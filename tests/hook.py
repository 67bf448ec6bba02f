"""A webhook's other end: a real HTTP server on this machine that keeps what it is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hook:
    """url: its address. statuses: of the next answers, one each; 200 afterwards."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    _came: threading.Condition = field(default_factory=threading.Condition)

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Keep a request; the status to answer."""
        with self._came:
            self.requests.append((headers, body))
            self._came.notify_all()
            return self.statuses.pop(0) if self.statuses else 200

    def told(self, count: int, timeout: float = 20) -> list[dict[str, Any]]:
        """The notices, once so many requests came."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.requests) >= count, timeout), self.requests
            return [json.loads(body) for _, body in self.requests]


@contextmanager
def hook(*statuses: int) -> Iterator[Hook]:
    """One that answers for as long as the block lasts."""
    kept = Hook(statuses=list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = kept.take(dict(self.headers.items()), body)
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"{kept.url}elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.url = f"http://127.0.0.1:{server.server_port}/hook?key=of-the-hook"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()
