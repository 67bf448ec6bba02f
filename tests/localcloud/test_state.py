"""One local cloud a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.stage import ROOT
from localcloud.state import StateBusy, hold, running

HOLDER = """
import sys
from pathlib import Path
from localcloud.state import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_that_never_was_has_none_running(tmp_path: Path) -> None:
    assert not running(tmp_path / "none")


def test_a_held_folder_has_one_running_until_it_is_let_go(tmp_path: Path) -> None:
    with hold(tmp_path / "state"):
        assert running(tmp_path / "state")
    assert not running(tmp_path / "state")


def test_a_second_one_is_refused_by_name_and_told_what_to_type(tmp_path: Path) -> None:
    with (
        hold(tmp_path),
        pytest.raises(StateBusy, match=rf"process {os.getpid()}\).*--state OTHER_FOLDER"),
        hold(tmp_path),
    ):
        pass


def test_the_lock_dies_with_its_holder(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    assert running(tmp_path)
    holder.kill()
    holder.communicate()
    with hold(tmp_path):
        pass


def test_looking_whether_one_runs_does_not_disturb_a_start(tmp_path: Path) -> None:
    with hold(tmp_path):
        pass
    lock = os.open(tmp_path / "lock", os.O_RDONLY)
    os.close(lock)
    for _ in range(50):
        assert not running(tmp_path)
        with hold(tmp_path):
            assert running(tmp_path)
