"""Makes `.venv` from the locked requirements. `run` starts it with a bare Python.

It must import nothing but the standard library: nothing else is installed yet.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STAMP = "made-from"
SOURCES = ("cli", "deploy", "localcloud", "serving", "shared")


def say(text: str) -> None:
    """One line of progress; standard output stays for the verb's own answer."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the checkout's lock: it goes when the process goes, however it ends."""
    folder = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def made_from(venv: Path) -> str | None:
    """What a finished environment was made from; None for one that is not there or half made."""
    try:
        stamp = (venv / STAMP).read_text(encoding="utf-8").rstrip("\n")
    except OSError:
        return None
    return stamp if os.access(venv / "bin" / "python", os.X_OK) else None


def interpreter() -> str:
    """The real file of this Python, so that an upgrade in its place is noticed."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def make(root: Path, venv: Path) -> None:
    """Make the environment from nothing and install the locked requirements into it."""
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    shutil.rmtree(venv, ignore_errors=True)
    version = ".".join(map(str, sys.version_info[:3]))
    say(f"setting up .venv with Python {version} (once; about a minute)")
    subprocess.run([interpreter(), "-m", "venv", str(venv)], check=True, env=clean_environment())
    install(root, venv)
    python = str(venv / "bin" / "python")
    say("  compiling")
    packages = str(next(venv.glob("lib/python*/site-packages")))
    compiling = [python, "-m", "compileall", "-q", "-j", "0"]
    ours = [str(root / name) for name in SOURCES]
    subprocess.run(
        [*compiling, packages, *ours],
        check=False,  # a package may carry templates that are no Python
        stdout=subprocess.DEVNULL,
        env=clean_environment(),
    )


def clean_environment() -> dict[str, str]:
    """The environment without what would change where pip installs to or what is compiled."""
    unwanted = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH"}
    unwanted |= {"PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"}
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def install(root: Path, venv: Path) -> None:
    """Run pip, a line of progress a stage; its last lines are shown where it fails."""
    requirements = root / "requirements.txt"
    arguments = ["--no-deps", "--require-hashes", "--no-compile", "--no-input"]
    arguments += ["--progress-bar", "off", "--disable-pip-version-check", "-r", str(requirements)]
    pip = subprocess.Popen(
        [str(venv / "bin" / "python"), "-m", "pip", "install", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment(),
    )
    assert pip.stdout is not None
    last: deque[str] = deque(maxlen=15)
    total = sum("==" in line for line in requirements.read_text(encoding="utf-8").splitlines())
    collected = 0
    for line in pip.stdout:
        last.append(line.rstrip())
        if line.startswith(("Collecting ", "Processing ")):
            collected += 1
            show_package(collected, total, line.split()[1].rsplit("/", 1)[-1])
        elif line.startswith("Installing "):
            say(f"{end_of_line()}  installing {collected} packages")
    if pip.wait() != 0:
        sys.exit("\n".join([*last, "", failure(venv)]))


def show_package(number: int, total: int, package: str) -> None:
    """Every package on a terminal, in one line that changes; else every twentieth."""
    text = f"  downloading {number} of {total}: {package}"
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()
    elif number % 20 == 1:
        say(text)


def end_of_line() -> str:
    """What ends the line that changes."""
    return "\r\033[K" if sys.stderr.isatty() else ""


def failure(venv: Path) -> str:
    """What to do where pip failed."""
    return (
        f"pip could not install the locked requirements into {venv} (its last lines are above). "
        "Mend the cause, most often the network or a proxy, and start the same command again."
    )


def main(root: Path, key: str) -> None:
    """Make `.venv` unless another start just did; the stamp is written last."""
    venv = root / ".venv"
    with alone(root):
        if made_from(venv) == key:
            return
        started = time.monotonic()
        make(root, venv)
        (venv / STAMP).write_text(f"{key}\n", encoding="utf-8")
        say(f"  set up in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2])
    except subprocess.CalledProcessError as error:
        sys.exit(f"setting up .venv failed: {' '.join(map(str, error.cmd))} ended {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the next start sets up .venv again")
