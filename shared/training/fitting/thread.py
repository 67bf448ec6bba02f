"""How many threads a fit or an answer takes: one where the data is small.

Measured: below a million cells two threads gain next to nothing on an idle machine; on a busy one,
where they wait for each other, boosted trees took ten times as long as with one.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

MOST_CELLS = 1_000_000


def threads(cells: int) -> AbstractContextManager[Any]:
    """A context in which numerical libraries use one thread, or for more cells all they like."""
    if cells > MOST_CELLS:
        return nullcontext()
    limits: AbstractContextManager[Any] = _controller().limit(limits=1)
    return limits


@cache
def _controller() -> Any:
    """Knows the libraries that are loaded by then; to look for them takes milliseconds."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
