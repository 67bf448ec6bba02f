"""Make a version live, one that is held or waits behind a pin too. Newer versions replace it."""

from __future__ import annotations

import argparse

from cli.person import choose
from cli.target import resolve, target_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `promote` takes."""
    target_arguments(parser)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("version", metavar="VERSION")


def run(options: argparse.Namespace) -> int:
    """Make it so."""
    return choose(resolve(options), options.model, lambda choice: choice.promote(options.version))
