"""Fits of this room run on one thread, as they do in production."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    """Threads that wait for each other on a busy machine make small fits a hundred times slower."""
    with threadpool_limits(1):
        yield
