"""Play one seed of the simulation again, which gives exactly the same schedule."""

from __future__ import annotations

import argparse

from cli import tool


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `simulate` takes."""
    parser.add_argument("--seed", type=int, required=True, metavar="N")
    parser.add_argument("--drop", default="0", metavar="SHARE", help="of the events, to get lost")


def run(options: argparse.Namespace) -> int:
    """The simulation's exit code: 1 where a promise is broken."""
    words = ["--first", str(options.seed), "--seeds", "1", "--drop", options.drop]
    return tool.python("-m", "benchmarks.simulation", *words)
