"""What the proofs of the whole loop share: the shared local cloud, and `./run env` in a shell."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import cloud as clouds
from benchmarks.cloud import ROOT, Cloud
from localcloud.child import ChildCloud


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


SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def shell_environment(state: Path) -> dict[str, str]:
    """Exactly what a shell holds after `eval "$(./run env)"`, besides PATH, HOME and LANG."""
    run = shlex.join([sys.executable, "-m", "cli", "env", "--state", str(state)])
    show = shlex.join([sys.executable, "-c", SHOW])
    shell = subprocess.run(
        ["sh", "-e", "-c", f'lines=$({run}); eval "$lines"; {show}'],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(state), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    environment: dict[str, str] = json.loads(shell.stdout)
    return environment


@pytest.fixture(scope="session")
def environment(cloud: Cloud) -> dict[str, str]:
    """The shell's environment for the shared local cloud."""
    return shell_environment(cloud.state)
