"""Work beside a measurement, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def aside(work: Callable[[], None], over: threading.Event) -> Iterator[None]:
    """Until the block ends, and `over`, which the work waits by, is set."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
