"""Take a model back to an earlier version, by default the one before, and keep it there.

That pins: newer versions are trained and released, and wait. --unpin lets the newest be live.
"""

from __future__ import annotations

import argparse

from cli.failure import UsageFailure
from cli.person import choose
from cli.target import resolve, target_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `rollback` takes."""
    target_arguments(parser)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("version", metavar="VERSION", nargs="?", default="")
    parser.add_argument("--unpin", action="store_true", help="let newer versions be live again")


def run(options: argparse.Namespace) -> int:
    """Pin or unpin."""
    if options.unpin and options.version:
        raise UsageFailure("--unpin takes no VERSION: it releases the one that is pinned")
    if options.unpin:
        return choose(resolve(options), options.model, lambda choice: choice.unpin())
    return choose(resolve(options), options.model, lambda choice: choice.rollback(options.version))
