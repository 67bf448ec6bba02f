"""Staging: exactly what a deploy needs, always the same, whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import archive, stage

NAMES = sorted(stage.ROOMS)
FUNCTIONS = [name for name in NAMES if name != "serving"]


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is staged, free to be changed."""
    root = tmp_path / "checkout"
    for name in ("functions", "serving", "shared"):
        shutil.copytree(stage.ROOT / name, root / name)
    return root


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_staged_function_has_main_and_requirements_at_its_top(name: str, tmp_path: Path) -> None:
    stage.stage(name, tmp_path / "staged")
    staged = files(tmp_path / "staged")
    assert staged["main.py"] == (stage.ROOT / "functions" / name / "main.py").read_bytes()
    assert b"--hash=sha256:" in staged["requirements.txt"]
    assert "shared/core/artifact.py" in staged


@pytest.mark.parametrize("name", NAMES)
def test_nothing_staged_is_a_symbolic_link(name: str, tmp_path: Path) -> None:
    stage.stage(name, tmp_path / "staged")
    assert not [path for path in (tmp_path / "staged").rglob("*") if path.is_symlink()]


def test_what_a_function_may_not_import_is_not_there(tmp_path: Path) -> None:
    stage.stage("predict", tmp_path / "staged")
    shared = tmp_path / "staged" / "shared"
    assert (shared / "web").is_dir()
    assert not (shared / "training").exists()
    assert not (shared / "artifacts").exists()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_staged_function_is_imported_with_nothing_but_its_folder(
    name: str, tmp_path: Path
) -> None:
    stage.stage(name, tmp_path / "staged", bytecode=True)
    script = f"import sys; sys.path.insert(0, '.'); import main; assert callable(main.{name})"
    done = subprocess.run(
        [sys.executable, "-I", "-c", script],
        cwd=tmp_path / "staged",
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_bytecode_and_hidden_files_beside_the_sources_change_nothing(
    checkout: Path, tmp_path: Path
) -> None:
    before = stage.digest("retrain", checkout)
    (checkout / "shared" / "core" / "__pycache__").mkdir(exist_ok=True)
    (checkout / "shared" / "core" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (checkout / "functions" / "retrain" / ".DS_Store").write_bytes(b"x")
    assert stage.digest("retrain", checkout) == before
    stage.stage("retrain", tmp_path / "staged", checkout)
    assert not [name for name in files(tmp_path / "staged") if "pyc" in name or "DS_Store" in name]


def test_two_stagings_are_equal_byte_for_byte(tmp_path: Path) -> None:
    stage.stage("serving", tmp_path / "one")
    stage.stage("serving", tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_an_unchanged_folder_is_left_alone(tmp_path: Path) -> None:
    stage.stage("predict", tmp_path / "staged")
    before = (tmp_path / "staged").stat().st_ino
    stage.stage("predict", tmp_path / "staged")
    assert (tmp_path / "staged").stat().st_ino == before


def test_a_changed_source_is_staged_again_and_a_removed_one_is_gone(
    checkout: Path, tmp_path: Path
) -> None:
    first = stage.stage("predict", tmp_path / "staged", checkout)
    (checkout / "shared" / "core" / "new.py").write_text("", encoding="utf-8")
    (checkout / "shared" / "logs.py").unlink()
    assert stage.stage("predict", tmp_path / "staged", checkout) != first
    staged = files(tmp_path / "staged")
    assert "shared/core/new.py" in staged
    assert "shared/logs.py" not in staged


def test_a_staging_that_was_cut_short_is_done_anew(tmp_path: Path) -> None:
    (tmp_path / "staged").mkdir()
    (tmp_path / "staged" / "main.py").write_text("half", encoding="utf-8")
    (tmp_path / "staged.new").mkdir()
    (tmp_path / "staged.new" / "stray.py").write_text("", encoding="utf-8")
    stage.stage("predict", tmp_path / "staged")
    staged = files(tmp_path / "staged")
    assert staged["main.py"] != b"half"
    assert "stray.py" not in staged


def test_the_bytecode_is_taken_without_looking_at_the_sources_times(tmp_path: Path) -> None:
    stage.stage("predict", tmp_path / "staged", bytecode=True)
    compiled = next((tmp_path / "staged" / "__pycache__").glob("main.*.pyc"))
    flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
    assert flags == 0b01  # PEP 552: hash-based, unchecked


@pytest.mark.parametrize("name", NAMES)
def test_the_archive_of_the_same_tree_is_the_same_byte_for_byte(name: str, tmp_path: Path) -> None:
    for copy in ("one", "two"):
        stage.stage(name, tmp_path / copy)
        if copy == "two":
            for path in (tmp_path / copy).rglob("*"):
                path.chmod(0o755)
                os.utime(path, (1, 1))
        archive.pack(tmp_path / copy, tmp_path / f"{copy}.tar.gz")
    one, two = ((tmp_path / f"{copy}.tar.gz").read_bytes() for copy in ("one", "two"))
    assert one == two
    (tmp_path / "two" / "requirements.txt").write_text("", encoding="utf-8")
    archive.pack(tmp_path / "two", tmp_path / "two.tar.gz")
    assert (tmp_path / "two.tar.gz").read_bytes() != one


def test_compiled_bytecode_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    stage.stage("predict", tmp_path / "one" / "staged", bytecode=True)
    first = files(tmp_path / "one" / "staged")
    shutil.rmtree(tmp_path / "one" / "staged")
    stage.stage("predict", tmp_path / "one" / "staged", bytecode=True)
    assert files(tmp_path / "one" / "staged") == first
    assert any(name.endswith(".pyc") for name in first)
