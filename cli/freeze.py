"""Stop promotions of a model: drops are trained and released, and the default stays."""

from __future__ import annotations

import argparse

from cli.person import choose
from cli.target import resolve, target_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `freeze` takes."""
    target_arguments(parser)
    parser.add_argument("model", metavar="MODEL")


def run(options: argparse.Namespace) -> int:
    """Make it so."""
    return choose(resolve(options), options.model, lambda choice: choice.freeze())
