"""An HTTP server that answers by a script: any status, broken connections, silence."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from typing import BinaryIO


@dataclass(frozen=True)
class Say:
    """One answer. cut: how many bytes of the body are sent before the connection is closed.

    last: the connection is closed after the whole answer, without saying so beforehand. unsized:
    the answer ends where the connection does.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()
    cut: int | None = None
    last: bool = False
    unsized: bool = False

    def wire(self) -> bytes:
        length = "Connection: close" if self.unsized else f"Content-Length: {len(self.body)}"
        lines = [f"HTTP/1.1 {self.status} Said", length]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode() + self.body[: self.cut]


DROP = Say(status=0)
"""Close the connection without an answer."""
HANG = Say(status=-1)
"""Never answer."""


@dataclass(frozen=True)
class Heard:
    """A request as it came. connection: which connection it came on, counted from 1."""

    method: str
    target: str
    headers: Message
    body: bytes
    connection: int


@dataclass
class Scripted:
    """A running server. Answers in order; the last one goes on for ever."""

    port: int
    script: list[Say]
    heard: list[Heard] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    closed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released each time that the server has closed a connection."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next(self, heard: Heard) -> Say:
        with self.lock:
            self.heard.append(heard)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@contextmanager
def scripted(*script: Say) -> Iterator[Scripted]:
    """While the script is played on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Scripted(listener.getsockname()[1], list(script))
        threads: list[threading.Thread] = []
        accepting = threading.Thread(target=_accept, args=(listener, server, threads))
        accepting.start()
        try:
            yield server
        finally:
            server.stopped.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in [accepting, *threads]:
                thread.join()


def _accept(listener: socket.socket, server: Scripted, threads: list[threading.Thread]) -> None:
    number = 0
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        number += 1
        connection.settimeout(0.05)
        thread = threading.Thread(target=_serve, args=(connection, server, number))
        threads.append(thread)
        thread.start()


def _serve(connection: socket.socket, server: Scripted, number: int) -> None:
    with connection, connection.makefile("rb") as incoming:
        while not server.stopped.is_set():
            heard = _hear(connection, incoming, server, number)
            if heard is None:
                break
            said = server.next(heard)
            if said == HANG:
                server.stopped.wait()
                break
            if said == DROP:
                break
            connection.sendall(said.wire())
            if said.cut is not None or said.last or said.unsized:
                break
        connection.shutdown(socket.SHUT_RDWR) if connection.fileno() != -1 else None
    server.closed.release()


def _hear(
    connection: socket.socket, incoming: BinaryIO, server: Scripted, number: int
) -> Heard | None:
    while True:  # the socket's time-out only serves to notice the end of the test
        try:
            if not connection.recv(1, socket.MSG_PEEK):
                return None
            break
        except TimeoutError:
            if server.stopped.is_set():
                return None
        except OSError:
            return None
    connection.settimeout(10)
    method, target, _ = incoming.readline().decode().split(" ", 2)
    lines = b""
    while (line := incoming.readline()) not in (b"\r\n", b""):
        lines += line
    headers = BytesParser().parsebytes(lines)
    body = incoming.read(int(headers.get("content-length", 0)))
    connection.settimeout(0.05)
    return Heard(method, target, headers, body, number)
