"""From the control plane's threads to the event loop and back."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from shared.core.errors import PlatformUnavailable

T = TypeVar("T")


def wait(
    call: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, seconds: float | None = None
) -> T:
    """The call's result. Raises what it raises; PlatformUnavailable where the process is ending."""
    try:
        running = asyncio.run_coroutine_threadsafe(call, loop)
    except RuntimeError as error:  # the loop is closed
        call.close()
        raise PlatformUnavailable("the process is ending") from error
    try:
        return running.result(seconds)
    except CancelledError as error:
        raise PlatformUnavailable("the process is ending") from error
    except TimeoutError as error:
        running.cancel()
        raise PlatformUnavailable(f"no end in {seconds:g} s") from error
