"""The end of a process: a moment after SIGTERM, so that requests which have come are read first.

The server closes kept connections on which it has read nothing, at once: a request whose bytes
still wait in the socket would be lost. Cloud Run gives ten seconds.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable
from typing import Any

SECONDS = 1.0


async def nothing() -> None:
    """Nothing is left to do."""


def linger(seconds: float = SECONDS, last: Callable[[], Awaitable[None]] = nothing) -> None:
    """From now on pass SIGTERM on to the server's own handler so much later, and once `last` is
    done, which begins at once and bounds its own time. Called on the server's loop."""
    theirs = signal.getsignal(signal.SIGTERM)
    if not callable(theirs) or threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    saying: list[asyncio.Task[None]] = []  # the loop itself keeps no task alive

    async def say(number: int, frame: Any) -> None:
        await asyncio.gather(asyncio.sleep(seconds), last(), return_exceptions=True)
        theirs(number, frame)

    def ours(number: int, frame: Any) -> None:
        loop.call_soon_threadsafe(lambda: saying.append(loop.create_task(say(number, frame))))

    signal.signal(signal.SIGTERM, ours)
