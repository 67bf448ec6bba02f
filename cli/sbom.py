"""Write a bill of materials (CycloneDX 1.6, JSON) for each thing that is deployed.

From its locked requirements, with their hashes. The same lock gives the same file, byte for byte.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cli import auditor, tool
from cli.lock import AUDIT, LOCKS, UNION
from cli.place import ROOT

DEPLOYED = {group: file for group, file in LOCKS.items() if file not in (UNION, AUDIT)}
"""What is deployed -> its locked requirements."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `sbom` takes."""
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "build" / "sbom",
        metavar="DIR",
        help="folder for the files (default: build/sbom)",
    )


def run(options: argparse.Namespace) -> int:
    """Write one file a thing, each validated against CycloneDX's schema by its maker."""
    tools = auditor.environment()
    for group in DEPLOYED:
        print(write(tools, options.out, group), flush=True)
    return 0


def write(tools: Path, folder: Path, group: str) -> Path:
    """The file of one thing that is deployed. Raises Failure where it is not valid."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{group}.cdx.json"
    words = ["requirements", DEPLOYED[group], "--pyproject", "pyproject.toml", "--sv", "1.6"]
    words += ["--output-reproducible", "--validate", "-o", str(target.resolve())]
    tool.output(str(tools / "cyclonedx-py"), words, SOURCE_DATE_EPOCH="")
    return target
