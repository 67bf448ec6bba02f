"""The door itself: `run`, in a small checkout, with Pythons that only tell how they are called."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.place import ROOT

SHELL = shutil.which("sh") or "/bin/sh"
TOOLS = ("sh", "cksum", "dirname", "readlink", "env", "cat")
TELLS = """#!/bin/sh
echo "program=$0 cwd=$PWD path=$PYTHONPATH bytecode=${PYTHONDONTWRITEBYTECODE-unset}"
for word in "$@"; do echo "word=$word"; done
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def python(version: str, *, venv: bool = True) -> str:
    """A Python that says its version, and what it is asked for besides."""
    return f"""#!/bin/sh
case "$*" in
*version_info*) echo {version} ;;
*ensurepip*) exit {0 if venv else 1} ;;
*) echo "$0 was asked: $*" ;;
esac
"""


@dataclass
class Checkout:
    """A folder with `run`, a requirements.txt, and a PATH of its own."""

    root: Path
    path: Path

    def has(self, name: str, text: str) -> None:
        script(self.path / name, text)

    def set_up(self) -> None:
        """An environment as the installation leaves it."""
        requirements = (self.root / "requirements.txt").read_bytes()
        sum_ = subprocess.run(["cksum"], input=requirements, capture_output=True, check=True)
        key = f"{self.root} {sum_.stdout.decode().strip()}"
        script(self.root / ".venv" / "bin" / "python", TELLS)
        (self.root / ".venv" / "made-from").write_text(f"{key}\n", encoding="utf-8")

    def run(
        self, *words: str, door: Path | None = None, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SHELL, str(door or self.root / "run"), *words],
            cwd=cwd or self.root,
            env={"PATH": str(self.path), **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path.resolve() / "a checkout"
    root.mkdir()
    shutil.copy(ROOT / "run", root / "run")
    (root / "requirements.txt").write_text("x==1\n", encoding="utf-8")
    path = tmp_path / "path"
    path.mkdir()
    for tool in TOOLS:
        (path / tool).symlink_to(shutil.which(tool) or f"/usr/bin/{tool}")
    return Checkout(root, path)


def test_words_reach_the_verbs_as_they_were_typed(checkout: Checkout) -> None:
    checkout.set_up()
    done = checkout.run("drop", "a file.csv", "", "--x=*", "$HOME")
    words = [line for line in done.stdout.splitlines() if line.startswith("word=")]
    assert words == [
        f"word={word}" for word in ("-P", "-m", "cli", "drop", "a file.csv", "", "--x=*", "$HOME")
    ]


def test_it_works_from_any_folder_and_stays_there(checkout: Checkout, tmp_path: Path) -> None:
    checkout.set_up()
    done = checkout.run("env", cwd=tmp_path)
    assert f"cwd={tmp_path.resolve()} path={checkout.root}" in done.stdout


@pytest.mark.parametrize("absolute", [True, False])
def test_it_works_through_symbolic_links(
    checkout: Checkout, tmp_path: Path, absolute: bool
) -> None:
    checkout.set_up()
    (tmp_path / "bin").mkdir()
    target = checkout.root / "run" if absolute else Path("..") / checkout.root.name / "run"
    (tmp_path / "bin" / "first").symlink_to(target)
    (tmp_path / "bin" / "second").symlink_to("first")
    done = checkout.run("env", door=tmp_path / "bin" / "second", cwd=tmp_path)
    assert f"path={checkout.root}" in done.stdout, done.stderr


def test_bytecode_is_written_whatever_the_shell_says(checkout: Checkout) -> None:
    checkout.set_up()
    done = checkout.run("env", PYTHONDONTWRITEBYTECODE="1")
    assert "bytecode=unset" in done.stdout


def test_a_finished_environment_is_used_without_looking_for_a_python(checkout: Checkout) -> None:
    checkout.set_up()
    assert checkout.run("env").returncode == 0  # its PATH has none


@pytest.mark.parametrize("broken", ["no environment", "no stamp", "other stamp", "no python"])
def test_what_is_missing_or_stale_is_made(checkout: Checkout, broken: str) -> None:
    venv = checkout.root / ".venv"
    if broken != "no environment":
        checkout.set_up()
    if broken == "no stamp":
        (venv / "made-from").unlink()
    elif broken == "other stamp":
        (checkout.root / "requirements.txt").write_text("x==2\n", encoding="utf-8")
    elif broken == "no python":
        (venv / "bin" / "python").unlink()
    checkout.has("python3.12", python("3.12"))
    asked = f"python3.12 was asked: -P -m cli.installation {checkout.root} {checkout.root} "
    assert asked in checkout.run("env").stdout


def test_a_shim_that_fails_is_passed_over(checkout: Checkout) -> None:
    checkout.has(
        "python3.13", "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2; exit 127\n"
    )
    checkout.has("python3", python("3.11"))
    done = checkout.run("env")
    assert "python3 was asked: -P -m cli.installation" in done.stdout
    assert "pyenv" not in done.stderr


def test_a_python_with_venv_is_preferred_to_a_newer_one_without(checkout: Checkout) -> None:
    checkout.has("python3.13", python("3.13", venv=False))
    checkout.has("python3.11", python("3.11"))
    assert "python3.11 was asked" in checkout.run("env").stdout


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def test_a_wrong_python_is_named_with_where_to_get_one(checkout: Checkout) -> None:
    checkout.has("python3", python("3.9"))
    checkout.has("python", python("2.7"))
    told = one_sentence(checkout.run("env"))
    assert "found python3 3.9, python 2.7;" in told
    assert "https://www.python.org/downloads/" in told


def test_no_python_at_all_is_told(checkout: Checkout) -> None:
    assert "found none;" in one_sentence(checkout.run("env"))


def test_with_apt_the_command_names_a_python_that_apt_offers(checkout: Checkout) -> None:
    checkout.has("apt-cache", '#!/bin/sh\n[ "$2" = python3.12 ]\n')
    told = one_sentence(checkout.run("env"))
    assert told.endswith("sudo apt install python3.12 python3.12-venv")


def test_with_homebrew_the_command_is_homebrews(checkout: Checkout) -> None:
    checkout.has("brew", "#!/bin/sh\n")
    assert one_sentence(checkout.run("env")).endswith("brew install python@3.13")


def test_a_python_without_venv_is_told_what_to_install(checkout: Checkout) -> None:
    checkout.has("python3", python("3.11", venv=False))
    assert one_sentence(checkout.run("env")).endswith("sudo apt install python3.11-venv")


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    done = subprocess.run(
        ["shellcheck", str(ROOT / "run")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_it_can_be_executed() -> None:
    assert os.access(ROOT / "run", os.X_OK)
