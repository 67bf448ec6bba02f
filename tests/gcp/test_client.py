"""Connections of our own keeping: races, callers that give up, stale ones, odd answers, TLS."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from shared.gcp.client import IDLE, Client
from shared.gcp.connection import Broken, Reply
from tests.tokens import private_key

Talk = Callable[[bytes, asyncio.StreamWriter, int], Awaitable[bool | None]]
"""(body of the request, where to write, number of the connection); True: close it then."""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers on loopback as `talk` says. connections: how many there ever were."""

    def __init__(self, talk: Talk, context: ssl.SSLContext | None = None) -> None:
        self.talk, self.context = talk, context
        self.connections = 0
        self.heads: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.heads.append(head)
                length = head.lower().partition("content-length: ")[2].partition("\r")[0]
                if await self.talk(await reader.readexactly(int(length or 0)), writer, number):
                    break
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.context)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self.context else 'http'}://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: Any) -> None:
        self._server.close()


def says(*pieces: bytes, close: bool = False) -> Talk:
    """Always these bytes, each piece on its own."""

    async def talk(_: bytes, writer: asyncio.StreamWriter, number: int) -> bool:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        return close

    return talk


async def echo(body: bytes, writer: asyncio.StreamWriter, number: int) -> None:
    await asyncio.sleep(0.001 * (number % 3))
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def play(server: Server, scenario: Callable[[Client], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        client = Client()
        async with server:
            try:
                return await scenario(client)
            finally:
                await client.close()

    return asyncio.run(main())


def get(server: Server) -> Callable[[Client], Awaitable[Reply]]:
    return lambda client: client.send("GET", f"{server.url}/a?b=c", {"X-A": "b"})


def test_a_request_says_where_to_and_what() -> None:
    server = Server(says(OK))
    assert play(server, get(server)).body == b"ok"
    host = server.url.removeprefix("http://")
    assert server.heads == [f"GET /a?b=c HTTP/1.1\r\nHost: {host}\r\nX-A: b\r\n\r\n"]


def test_of_a_thousand_requests_at_once_each_has_its_own_answer() -> None:
    server = Server(echo)

    async def crowd(client: Client) -> list[Reply]:
        limit = asyncio.Semaphore(40)

        async def one(number: int) -> Reply:
            async with limit:
                return await client.send("POST", server.url, {}, b"%d" % number)

        return await asyncio.gather(*map(one, range(1000)))

    replies = play(server, crowd)
    assert [reply.body for reply in replies] == [b"%d" % number for number in range(1000)]
    assert server.connections <= 40


def test_a_caller_that_gives_up_leaves_its_answer_to_nobody() -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def talk(body: bytes, writer: asyncio.StreamWriter, number: int) -> None:
        if body == b"slow":
            asked.set()
            await go_on.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    server = Server(talk)

    async def scenario(client: Client) -> None:
        await client.send("POST", server.url, {}, b"first")
        slow = asyncio.create_task(client.send("POST", server.url, {}, b"slow"))
        await asked.wait()
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        go_on.set()
        for number in range(20):
            body = b"%d" % number
            assert (await client.send("POST", server.url, {}, body)).body == body

    play(server, scenario)
    assert server.connections == 2


def test_callers_that_give_up_at_any_moment_never_mix_answers_up() -> None:
    server = Server(echo)

    async def scenario(client: Client) -> None:
        async def one(number: int) -> None:
            try:
                async with asyncio.timeout(0.0001 * (number % 40)):
                    reply = await client.send("POST", server.url, {}, b"%d" % number)
            except TimeoutError:
                return
            assert reply.body == b"%d" % number

        for start in range(0, 400, 20):
            await asyncio.gather(*map(one, range(start, start + 20)))

    play(server, scenario)


def test_a_server_that_closes_idle_connections_is_never_noticed() -> None:
    closed = asyncio.Event()

    async def talk(_: bytes, writer: asyncio.StreamWriter, number: int) -> bool:
        writer.write(OK)
        await writer.drain()
        closed.set()
        return True

    server = Server(talk)

    async def scenario(client: Client) -> None:
        for _ in range(30):
            assert (await get(server)(client)).body == b"ok"

    play(server, scenario)
    assert closed.is_set()


def test_a_server_that_drops_every_request_is_asked_twice() -> None:
    async def talk(_: bytes, writer: asyncio.StreamWriter, number: int) -> bool:
        return True

    server = Server(talk)
    with pytest.raises(Broken) as caught:
        play(server, get(server))
    assert (caught.value.untouched, len(server.heads)) == (True, 2)


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([OK], b"ok"),
        ([bytes([byte]) for byte in OK], b"ok"),
        (
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"0\r\n\r\n"],
            b"abc",
        ),
        ([b"HTTP/1.1 204 None\r\n\r\n"], b""),
        ([b"HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n"], b""),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", OK], b"ok"),
        ([b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK], b"ok"),
    ],
    ids=range(7),
)
def test_an_answer_is_read_whole_and_its_connection_used_again(
    pieces: list[bytes], body: bytes
) -> None:
    server = Server(says(*pieces))

    async def thrice(client: Client) -> list[Reply]:
        return [await get(server)(client) for _ in range(3)]

    assert [reply.body for reply in play(server, thrice)] == [body] * 3
    assert server.connections == 1


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\n\r\nall", b" there is"],
        [b"HTTP/1.0 200 OK\r\n\r\nall there is"],
        [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n\r\nall there is"],
    ],
    ids=range(3),
)
def test_an_answer_may_end_with_its_connection(pieces: list[bytes]) -> None:
    server = Server(says(*pieces, close=True))

    async def twice(client: Client) -> list[Reply]:
        return [await get(server)(client) for _ in range(2)]

    assert [reply.body for reply in play(server, twice)] == [b"all there is"] * 2
    assert server.connections == 2


@pytest.mark.parametrize(
    "said",
    [
        b"\x00\x01junk\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"<html></html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ],
    ids=range(8),
)
def test_what_is_no_whole_answer_is_none_and_is_not_asked_for_again(said: bytes) -> None:
    server = Server(says(said, close=True))
    with pytest.raises(Broken) as caught:
        play(server, get(server))
    assert (caught.value.untouched, len(server.heads)) == (False, 1)


def test_bytes_that_nobody_asked_for_never_become_an_answer() -> None:
    forged = b"HTTP/1.1 200 OK\r\nX-Forged: 1\r\nContent-Length: 6\r\n\r\nforged"
    server = Server(says(OK + forged))

    async def scenario(client: Client) -> None:
        for _ in range(5):
            reply = await get(server)(client)
            assert (reply.body, "x-forged" in reply.headers) == (b"ok", False)

    play(server, scenario)
    assert server.connections == 5


def test_headers_are_found_in_any_case_and_joined() -> None:
    head = b"HTTP/1.1 200 OK\r\nX-Hash: a\r\nx-hash: b\r\nETag: \xe4\r\nContent-Length: 0\r\n\r\n"
    server = Server(says(head))
    headers = play(server, get(server)).headers
    assert (headers["x-HASH"], headers["etag"], headers.get("none")) == ("a, b", "ä", None)


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\0b"])
def test_a_line_break_never_gets_into_a_request(value: str) -> None:
    server = Server(says(OK))
    with pytest.raises(ValueError, match="line break"):
        play(server, lambda client: client.send("GET", server.url, {"Authorization": value}))
    assert server.heads == []


def test_idle_connections_are_bounded() -> None:
    server = Server(echo)

    async def scenario(client: Client) -> int:
        sent = (client.send("POST", server.url, {}, b"x") for _ in range(IDLE + 20))
        await asyncio.gather(*sent)
        return sum(map(len, client._idle.values()))

    assert play(server, scenario) <= IDLE


def identity(folder: Path, name: str) -> Path:
    """A certificate of its own making for 127.0.0.1, with its key, as one PEM file."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    key = private_key(name)
    host = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(11)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = folder / f"{name}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return path


def test_over_tls_the_server_must_be_who_it_says(tmp_path: Path) -> None:
    known, other = identity(tmp_path, "known"), identity(tmp_path, "other")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(known)

    async def main() -> None:
        async with Server(echo, context) as server:
            trusting = Client(ssl.create_default_context(cafile=str(known)))
            for number in range(3):
                body = b"%d" % number
                assert (await trusting.send("POST", server.url, {}, body)).body == body
            assert server.connections == 1
            wrong_name = server.url.replace("127.0.0.1", "localhost")
            with pytest.raises(ssl.SSLCertVerificationError):
                await trusting.send("POST", wrong_name, {}, b"x")
            for client in (Client(ssl.create_default_context(cafile=str(other))), Client()):
                with pytest.raises(ssl.SSLCertVerificationError):
                    await client.send("POST", server.url, {}, b"x")
            assert len(server.heads) == 3
            await trusting.close()

    asyncio.run(main())
