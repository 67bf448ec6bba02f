"""Runs the developers' tools that stand beside this Python in `.venv/bin`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cli.failure import Failure
from cli.place import ROOT


def path(name: str) -> str:
    """A tool's file. Raises Failure where the environment lacks it."""
    found = Path(sys.executable).parent / name
    if not found.exists():
        raise Failure(
            f"{name} is not in {found.parent}; remove {found.parent.parent} and try again"
        )
    return str(found)


def run(name: str, *words: str) -> int:
    """Run a tool in the checkout, its output shown; its exit code."""
    return subprocess.run([path(name), *words], cwd=ROOT, check=False).returncode


def python(*words: str) -> int:
    """Run this Python in the checkout with the checkout on its path."""
    return subprocess.run([sys.executable, *words], cwd=ROOT, check=False).returncode


def output(name: str, words: Sequence[str], **environment: str) -> str:
    """What a tool prints. Raises Failure with its last lines where it fails."""
    done = subprocess.run(
        [path(name), *words],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-12:])
        raise Failure(f"{name} {words[0]} failed:\n{last}")
    return done.stdout
