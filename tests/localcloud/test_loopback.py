"""Which host names are this machine, as a browser or a client may spell them."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.loopback import Loopback, is_loopback
from tests.asgi import served


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8081", "127.9.9.9", "[::1]:8081"]
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ":80",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example@127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "evil.example@127.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "[::2]",
        "[::1",
        "localhost/../evil.example:80#",
        "2130706433",
    ],
)
def test_other_machines_and_nonsense(host: str) -> None:
    assert not is_loopback(host)


async def answers(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://[bad"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"X-Forwarded-For": "203.0.113.7"}, 403),
        ({"X-Real-IP": "203.0.113.7"}, 403),
        ({"Forwarded": "for=203.0.113.7"}, 403),
    ],
    ids=str,
)
def test_only_programs_and_pages_of_this_machine_are_answered(
    headers: dict[str, str], status: int
) -> None:
    with served(Loopback(answers)) as client:
        assert client.send("GET", "/", headers=headers).status == status
