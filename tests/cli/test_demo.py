"""The demonstration: what a newcomer sees first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli import demo
from cli.command import main
from cli.place import ROOT
from localcloud.orphan import orphans


def test_the_demonstration_ends_with_the_two_predictions_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "demo"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '["versicolor", "versicolor"]' in done.stdout.splitlines()
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
    assert not orphans(tmp_path)


def test_a_wrong_answer_is_a_failure_that_shows_the_logs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "EXPECTED", ["setosa", "setosa"])
    assert main(["demo"]) == 1
    told = capsys.readouterr().err
    assert 'expected ["setosa", "setosa"]' in told
    assert "deploy_version" in told


def test_a_local_cloud_that_does_not_start_is_told_in_full(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("localcloud.child.sys.executable", "/bin/false")
    assert main(["demo"]) == 1
    assert "error: the local cloud did not start" in capsys.readouterr().err
