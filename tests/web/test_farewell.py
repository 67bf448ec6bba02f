"""SIGTERM waits a moment."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from shared.web.farewell import linger


@pytest.fixture
def ended() -> Iterator[list[float]]:
    """When the server's own handler was called, on the loop's clock."""
    calls: list[float] = []
    before = signal.signal(
        signal.SIGTERM, lambda *_: calls.append(asyncio.get_running_loop().time())
    )
    yield calls
    signal.signal(signal.SIGTERM, before)


def test_the_servers_own_handler_is_called_later(ended: list[float]) -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        linger(0.05)
        sent = loop.time()
        os.kill(os.getpid(), signal.SIGTERM)
        while not ended:
            await asyncio.sleep(0.005)
        return ended[0] - sent

    assert asyncio.run(main()) >= 0.05


def test_where_signals_are_not_ours_to_handle_nothing_changes(ended: list[float]) -> None:
    before = signal.getsignal(signal.SIGTERM)

    async def main() -> None:
        linger()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before
