"""The same work for many models, some at a time: nearly all of it is waiting for answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

AT_ONCE = 8

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """What it gives for each, in their order; in this thread where there is but one.

    Raises what it raises for the first that failed, once all are done.
    """
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(AT_ONCE, len(items)), "crew") as pool:
        return list(pool.map(work, items))
