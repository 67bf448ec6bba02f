"""Let promotions of a model go on, beginning with the newest version that may be live."""

from __future__ import annotations

import argparse

from cli.person import choose
from cli.place import state_argument


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `unfreeze` takes."""
    state_argument(parser)
    parser.add_argument("model", metavar="MODEL")


def run(options: argparse.Namespace) -> int:
    """Make it so."""
    return choose(options.state, options.model, lambda choice: choice.unfreeze())
