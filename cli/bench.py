"""Run a benchmark: a module of benchmarks/. Words after its name go to it."""

from __future__ import annotations

import argparse

from cli import tool
from cli.failure import UsageFailure
from cli.place import ROOT
from shared.core.suggestion import suggestion


def names() -> list[str]:
    """Every benchmark there is, as it is typed."""
    files = (ROOT / "benchmarks").glob("*.py")
    found = [f.stem for f in files if "\ndef main(" in f.read_text(encoding="utf-8")]
    return sorted(name.replace("_", "-") for name in found)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `bench` takes."""
    parser.add_argument("name", metavar="NAME", help=f"one of: {', '.join(names()) or 'none yet'}")
    parser.add_argument("words", nargs=argparse.REMAINDER, help="go to the benchmark")


def run(options: argparse.Namespace) -> int:
    """The benchmark's exit code."""
    name = options.name.replace("_", "-")
    if name not in names():
        raise UsageFailure(f"there is no benchmark {options.name!r}; {suggestion(name, names())}")
    return tool.python("-m", f"benchmarks.{name.replace('-', '_')}", *options.words)
