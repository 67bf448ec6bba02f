"""Write the locked requirements anew from the dependency groups of pyproject.toml.

requirements.txt is the developers' union; each function and serving has its own list, made with
the union as a constraint so that all agree. Pins stay as they are unless --upgrade.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from cli import tool
from cli.place import ROOT

UNION = "requirements.txt"
AUDIT = "requirements-audit.txt"
LOCKS = {
    "dev": UNION,
    "retrain": "functions/retrain/requirements.txt",
    "deploy_version": "functions/deploy_version/requirements.txt",
    "predict": "functions/predict/requirements.txt",
    "batch_predict": "functions/batch_predict/requirements.txt",
    "serving": "serving/requirements.txt",
    "audit": AUDIT,
}
"""Dependency group -> its locked file. The union comes first: the others follow it."""

PLATFORMS = (
    "x86_64-manylinux_2_28",
    "aarch64-manylinux_2_28",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
)
OLDEST_MACOS = "14.0"
"""onnxruntime has no wheels for an older one on Apple silicon."""
PYTHONS = ("3.11", "3.12", "3.13")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `lock` takes."""
    parser.add_argument("--upgrade", action="store_true", help="take the newest that is allowed")


def run(options: argparse.Namespace) -> int:
    """Write every locked file."""
    for group, file in LOCKS.items():
        compile_group(group, ROOT / file, upgrade=options.upgrade)
        print(f"locked {file}")
    return 0


def compile_group(group: str, target: Path, *, upgrade: bool = False) -> None:
    """Resolve one group for every platform at once and write it with hashes."""
    words = ["pip", "compile", "pyproject.toml", "--group", group, "--quiet", "--universal"]
    words += ["--python-version", PYTHONS[0], "--generate-hashes", "--no-annotate", "--no-header"]
    words += ["--output-file", str(target)]
    if upgrade:
        words.append("--upgrade")
    if LOCKS[group] != UNION:
        words += ["--constraint", UNION]
    tool.output("uv", words)


def outdated() -> list[str]:
    """The locked files that are not what pyproject.toml asks for."""
    with tempfile.TemporaryDirectory() as folder:
        different = []
        for group, file in LOCKS.items():
            fresh = Path(folder) / f"{group}.txt"
            shutil.copyfile(ROOT / file, fresh)  # so that its pins are kept
            compile_group(group, fresh)
            if fresh.read_bytes() != (ROOT / file).read_bytes():
                different.append(file)
        return different


def resolve_wheels(file: str, platform: str, python: str) -> None:
    """Prove that every locked package has a wheel there. Raises Failure naming what lacks one."""
    with tempfile.TemporaryDirectory() as nowhere:
        words = ["pip", "install", "--dry-run", "--quiet", "--require-hashes", "-r", file]
        words += ["--only-binary", ":all:", "--target", nowhere]
        words += ["--python-platform", platform, "--python-version", python]
        tool.output("uv", words, MACOSX_DEPLOYMENT_TARGET=OLDEST_MACOS)
