"""Stands before a store, hands everything on, and keeps which rights each verb made use of."""

from __future__ import annotations

import http.client
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.address import answering

VIEWER, USER = "objectViewer", "objectUser"
_OBJECTS = re.compile(r"(/upload)?/storage/v1/b/([^/]+)/o(/.*)?")


class Recorder:
    """used: verb -> bucket -> the role that it needs there. verb: the one that is typed now."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address).netloc
        self.url = ""
        self.verb = ""
        self.used: dict[str, dict[str, str]] = defaultdict(dict)

    def take(self, method: str, path: str) -> None:
        """One request."""
        parts = urlsplit(path)
        found = _OBJECTS.fullmatch(parts.path)
        if not found:
            return
        role = VIEWER if method == "GET" else USER
        if self.used[self.verb].get(found[2]) != USER:
            self.used[self.verb][found[2]] = role

    @contextmanager
    def serving(self) -> Iterator[Recorder]:
        """While it answers."""
        with answering(_handler(self)) as self.url:
            yield self

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """The store's answer."""
        connection = http.client.HTTPConnection(self._address, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), content


def _handler(recorder: Recorder) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            recorder.take(self.command, self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept = {name: value for name, value in self.headers.items() if name != "Connection"}
            status, headers, content = recorder.ask(self.command, self.path, kept, body)
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
