"""Which host names are this machine, as a browser or a client may spell them."""

from __future__ import annotations

import pytest

from localcloud.loopback import is_loopback


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
