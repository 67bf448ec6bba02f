"""Events sent again arrive as Eventarc's do, and what is not taken is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from google.oauth2.credentials import Credentials

from shared.core.errors import EventNotTaken
from shared.core.event import FINALIZED, ObjectFinalized
from shared.core.source import Source
from shared.gcp.event import FunctionSender

EVENT = ObjectFinalized(Source("data", "data/iris/ä b.csv", 7, "2026-11-22T13:00:00Z"), 10)


class Function(HTTPServer):
    """Takes events, with one status for all."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[dict[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        assert isinstance(self.server, Function)
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def function() -> Iterator[Function]:
    server = Function()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def send(function: Function, bucket: str = "data", prefix: str = "data/") -> None:
    url = f"http://127.0.0.1:{function.server_port}/"
    functions = {(bucket, prefix): url}
    sender = FunctionSender(functions, lambda url: Credentials(f"token for {url[:4]}"))
    with closing(sender):
        sender.send(EVENT)


def test_an_event_is_sent_as_eventarc_sends_it_with_a_token_for_the_function(
    function: Function,
) -> None:
    send(function)
    (headers,) = function.seen
    assert headers["ce-type"] == FINALIZED
    assert headers["ce-subject"] == "objects/data/iris/%C3%A4%20b.csv"
    assert headers["authorization"] == "Bearer token for http"


def test_what_the_function_does_not_take_is_raised(function: Function) -> None:
    function.status = 500
    with pytest.raises(EventNotTaken, match="answered 500"):
        send(function)


def test_a_function_that_is_not_there_is_raised(function: Function) -> None:
    functions = {("data", "data/"): "http://127.0.0.1:9/"}
    sender = FunctionSender(functions, lambda _: Credentials("token"))
    with closing(sender), pytest.raises(EventNotTaken):
        sender.send(EVENT)


def test_an_event_of_which_no_function_makes_anything_goes_nowhere(function: Function) -> None:
    send(function, bucket="another")
    send(function, prefix="batch/")
    assert function.seen == []
