"""What npm installs for tests: pinned by a lock file, kept from one run to the next."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


def installed(source: Path) -> Path:
    """A copy of a folder that has a package-lock.json, with its packages. Skips where there are
    none to be had."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    digest = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"dropserve-npm-{digest}" / source.name
    skipped = shutil.ignore_patterns("node_modules", "dist", "__pycache__", "*.py")
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=skipped)
    if not (folder / "node_modules" / ".package-lock.json").exists():
        command = ["npm", "ci", "--no-audit", "--no-fund"]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=90)
        except subprocess.TimeoutExpired:
            pytest.skip("npm ci did not end: is the package registry out of reach?")
        if done.returncode:
            pytest.skip(f"npm ci failed: {done.stderr[-300:]}")
    return folder
