"""From the control plane's threads to the event loop and back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from shared.core.errors import PlatformUnavailable

T = TypeVar("T")

LOOK_SECONDS = 0.5


def wait(call: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, seconds: float = 30.0) -> T:
    """The call's result. Raises what it raises; PlatformUnavailable where it takes longer than
    `seconds`, and where the process is ending."""
    try:
        running = asyncio.run_coroutine_threadsafe(call, loop)
    except RuntimeError as error:  # the loop is closed
        call.close()
        raise PlatformUnavailable("the process is ending") from error
    return _result(call, running, loop, time.monotonic() + seconds)


def _result(
    call: Coroutine[Any, Any, T],
    running: Future[T],
    loop: asyncio.AbstractEventLoop,
    until: float,
) -> T:
    """A loop that stops drops what it was to call next, so its end is looked for now and then."""
    while True:
        try:
            return running.result(max(0.0, min(LOOK_SECONDS, until - time.monotonic())))
        except CancelledError as error:
            raise PlatformUnavailable("the process is ending") from error
        except TimeoutError as error:
            if running.done():
                return running.result()
            if not loop.is_running():
                call.close()
                raise PlatformUnavailable("the process is ending") from error
            if time.monotonic() >= until:
                running.cancel()
                raise PlatformUnavailable("it took too long") from error
