"""The end of a process: a moment after SIGTERM, so that requests which have come are read first.

The server closes kept connections on which it has read nothing, at once: a request whose bytes
still wait in the socket would be lost. Cloud Run gives ten seconds.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import Any

SECONDS = 1.0


def linger(seconds: float = SECONDS) -> None:
    """From now on pass SIGTERM on to the server's own handler so much later. Called on its loop."""
    theirs = signal.getsignal(signal.SIGTERM)
    if not callable(theirs) or threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()

    def ours(number: int, frame: Any) -> None:
        loop.call_soon_threadsafe(loop.call_later, seconds, theirs, number, frame)

    signal.signal(signal.SIGTERM, ours)
