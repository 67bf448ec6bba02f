"""A real address that says what it was asked, in place of predict."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.address import answering


@dataclass
class Asked:
    """One request, names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Upstream:
    """go_on: until it is set, /slow sends only its first half."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    tokens: int = 0

    def token(self) -> str:
        """Another one each time."""
        self.tokens += 1
        return f"token-{self.tokens}"

    @contextmanager
    def serving(self) -> Iterator[Upstream]:
        """While it answers."""
        with answering(_handler(self)) as self.url:
            try:
                yield self
            finally:
                self.go_on.set()


REFUSALS = {
    "/forbidden": ("text/html", b"<html><title>403 Forbidden</title></html>"),
    "/problem": ("application/problem+json", b'{"detail": "not listed"}'),
}


def _handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            upstream.asked.append(Asked(self.command, self.path, headers, body))
            for path, (kind, content) in REFUSALS.items():
                if self.path.startswith(path):
                    self._answer(403, content, kind)
                    return
            if self.path == "/slow":
                self._answer(200, b"first", length=len(b"firstsecond"))
                self.wfile.flush()
                upstream.go_on.wait(30)
                self.wfile.write(b"second")
            else:
                self._answer(200, b"answered")

        do_POST = do_GET

        def _answer(self, status: int, body: bytes, kind: str = "text/plain", length: int = 0):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length or len(body)))
            self.send_header("X-Model-Version", "v1")
            self.send_header("Set-Cookie", "theirs=1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
