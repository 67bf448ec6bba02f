"""What the proofs of the whole loop share: the shared local cloud, and `./run env` in a shell."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from benchmarks import cloud as clouds
from benchmarks.cloud import Cloud
from localcloud.child import ChildCloud
from tests.system.shell import shell_environment


@pytest.fixture(scope="session")
def cloud(local_cloud: ChildCloud) -> Cloud:
    """The shared local cloud. Each test has models of its own on it."""
    return Cloud(local_cloud.state)


@pytest.fixture
def start(start_local_cloud: Callable[..., ChildCloud]) -> Callable[..., Cloud]:
    """Starts a local cloud of the test's own; overrides as for `start_local_cloud`."""

    def start(**overrides: object) -> Cloud:
        child = start_local_cloud(**overrides)
        return Cloud(child.state, dict(overrides), child)

    return start


@pytest.fixture(scope="module")
def own_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud for the tests of one module, which turn its switches."""
    with clouds.local_cloud(tmp_path_factory.mktemp("own_cloud")) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def environment(cloud: Cloud) -> dict[str, str]:
    """The shell's environment for the shared local cloud."""
    return shell_environment(cloud.state)
