"""Make a version live, one that is held or waits behind a pin too. Newer versions replace it."""

from __future__ import annotations

import argparse

from cli.person import choose
from cli.place import state_argument


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `promote` takes."""
    state_argument(parser)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("version", metavar="VERSION")


def run(options: argparse.Namespace) -> int:
    """Make it so."""
    return choose(options.state, options.model, lambda choice: choice.promote(options.version))
