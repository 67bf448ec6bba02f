"""What tests of the whole loop share: a running local cloud, and starting more of them.

A test that asks for one of FIXTURES is marked `local_cloud`: `./run test -m "not local_cloud"`
leaves all of them out.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in the function; read when numpy is imported

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import child
from localcloud.orphan import clear

FIXTURES = {"local_cloud", "start_local_cloud", "own_cloud"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("local_cloud")


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[child.ChildCloud]:
    """One local cloud for all tests that leave it running and do not mind each other's models."""
    with child.start(tmp_path_factory.mktemp("local_cloud")) as cloud:
        yield cloud


@pytest.fixture
def start_local_cloud(tmp_path: Path) -> Iterator[Callable[..., child.ChildCloud]]:
    """Starts a local cloud of the test's own, which may kill it and start it again.

    state: its folder (one of the test's own by default, the same for every call); overrides:
    fields of Configuration, such as time_scale=0.001 or switches={"duplicates": "2"}.
    """
    started: list[child.ChildCloud] = []

    def start(state: Path | None = None, port: int = 0, **overrides: Any) -> child.ChildCloud:
        started.append(child.start(state or tmp_path / "local_cloud", port, **overrides))
        return started[-1]

    yield start
    for cloud in started:
        if cloud.process.poll() is None:
            cloud.stop()
    for state in {cloud.state for cloud in started}:
        clear(state)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A browser's address, for `tests.browser.tab`."""
    from tests.browser import started  # aiohttp, for few

    with started(tmp_path_factory.mktemp("chromium")) as address:
        yield address
