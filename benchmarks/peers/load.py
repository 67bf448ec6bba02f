"""Closed-loop load over so many kept connections, on one thread, and what it measured."""

from __future__ import annotations

import re
import selectors
import socket
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked\r\n", re.IGNORECASE)

MOST_SECONDS = 60.0
"""How long a first answer is waited for."""


@dataclass(frozen=True)
class Measured:
    """Of one run: answers a second, latencies in seconds, and how busy this process was with it."""

    rate: float
    p50: float
    p99: float
    busy: float

    @classmethod
    def median(cls, runs: Sequence[Measured]) -> Measured:
        """Of several runs, number by number."""
        columns = zip(*((r.rate, r.p50, r.p99, r.busy) for r in runs), strict=True)
        return cls(*map(statistics.median, columns))


def complete(received: bytes) -> bool:
    """Whether an answer is whole. Raises ValueError where it is none of 200."""
    head, found, body = received.partition(b"\r\n\r\n")
    if not found:
        return False
    if not head.startswith(b"HTTP/1.1 200"):
        raise ValueError(f"an answer that is none: {received[:300]!r}")
    length = _LENGTH.search(head + b"\r\n")
    if length:
        return len(body) >= int(length[1])
    return bool(_CHUNKED.search(head + b"\r\n")) and body.endswith(b"0\r\n\r\n")


def request(path: str, body: bytes, token: str = "") -> bytes:
    """A POST of JSON, whole."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *([f"Authorization: Bearer {token}"] if token else ()),
    ]
    return "\r\n".join([*lines, "\r\n"]).encode() + body


class Load:
    """Requests, asked again and again in turns."""

    def __init__(self, port: int, *requests: bytes) -> None:
        self._requests = cycle(requests)
        self._count = len(requests)
        self.port = port

    def next(self) -> bytes:
        """The next request, whole."""
        return next(self._requests)

    def each(self) -> None:
        """Every request once. Raises OSError, ValueError."""
        for _ in range(self._count):
            self.once()

    def once(self) -> bytes:
        """One answer. Raises OSError, ValueError."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as one:
            one.sendall(self.next())
            received = b""
            while not complete(received):
                piece = one.recv(1 << 20)
                if not piece:
                    raise ValueError(f"the connection ended: {received[:300]!r}")
                received += piece
            return received.partition(b"\r\n\r\n")[2]

    def measure(self, connections: int, seconds: float) -> Measured:
        """So many connections with one request under way on each, until one answer at least."""
        took: list[float] = []
        with selectors.DefaultSelector() as ready:
            states = [_Connection(self, ready) for _ in range(connections)]
            work, began = time.process_time(), time.perf_counter()
            over = began + seconds
            while (now := time.perf_counter()) < over or (not took and now < over + MOST_SECONDS):
                for key, _ in ready.select(1):
                    key.data.receive(took)
            busy = (time.process_time() - work) / (now - began)
            answered = len(took)
            for state in states:
                state.finish(took)
        if not took:
            raise ValueError("no request was answered in that time")
        took.sort()
        p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
        return Measured(answered / (now - began), p50, p99, busy)


class _Connection:
    def __init__(self, load: Load, ready: selectors.BaseSelector) -> None:
        self.load = load
        self.socket = socket.create_connection(("127.0.0.1", load.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready.register(self.socket, selectors.EVENT_READ, self)
        self._ask()

    def _ask(self) -> None:
        self.received = b""
        self.sent = time.perf_counter()
        self.socket.sendall(self.load.next())

    def receive(self, took: list[float]) -> None:
        """Take a piece; ask again when the answer is whole."""
        if self._whole(took):
            self._ask()

    def finish(self, took: list[float]) -> None:
        """Wait for what is under way, so that the server has nothing left to do, and close."""
        while not self._whole(took):
            pass
        self.socket.close()

    def _whole(self, took: list[float]) -> bool:
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise ValueError("a connection ended under load")
        self.received += piece
        if not complete(self.received):
            return False
        took.append(time.perf_counter() - self.sent)
        return True
