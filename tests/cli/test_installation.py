"""Making `.venv`: once, whole, by one process at a time. pip itself is tried by a fresh clone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli import installation
from cli.place import ROOT

MAKER = """
import sys
from pathlib import Path
from cli import installation

def make(root, venv):
    with (root / "log").open("a") as log:
        log.write("begin\\n")
        log.flush()
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").symlink_to(sys.executable)
        log.write("end\\n")

installation.make = make
print("here", flush=True)
sys.stdin.readline()
installation.main(Path(sys.argv[1]), "key")
"""


def made(root: Path) -> Path:
    venv = root / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / installation.STAMP).write_text("key\n", encoding="utf-8")
    return venv


def test_a_finished_environment_tells_what_it_was_made_from(tmp_path: Path) -> None:
    assert installation.made_from(made(tmp_path)) == "key"


def test_a_half_made_environment_tells_nothing(tmp_path: Path) -> None:
    venv = made(tmp_path)
    (venv / installation.STAMP).unlink()
    assert installation.made_from(venv) is None


def test_an_environment_whose_python_went_away_tells_nothing(tmp_path: Path) -> None:
    venv = made(tmp_path)
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to(tmp_path / "removed")
    assert installation.made_from(venv) is None


def test_of_many_starts_at_once_one_makes_it(tmp_path: Path) -> None:
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", MAKER, str(tmp_path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for start in starts:
        assert start.stdout is not None
        assert start.stdout.readline() == "here\n"
    for start in starts:
        assert start.stdin is not None
        start.stdin.write("go\n")
        start.stdin.flush()
    for start in starts:
        _, error = start.communicate(timeout=30)
        assert start.returncode == 0, error
    assert (tmp_path / "log").read_text(encoding="utf-8") == "begin\nend\n"


def test_a_making_that_fails_leaves_no_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(root: Path, venv: Path) -> None:
        made(root)
        (venv / installation.STAMP).unlink()
        raise SystemExit("pip failed")

    monkeypatch.setattr(installation, "make", broken)
    with pytest.raises(SystemExit):
        installation.main(tmp_path, "key")
    assert installation.made_from(tmp_path / ".venv") is None


def test_it_runs_on_a_bare_python() -> None:
    """-S leaves site-packages out: only the standard library is there."""
    script = "import sys; sys.path.insert(0, sys.argv[1]); import cli.installation"
    subprocess.run([sys.executable, "-I", "-S", "-c", script, str(ROOT)], check=True)
