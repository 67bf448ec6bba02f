"""Start a local cloud in the foreground, until Ctrl-C.

Prints `ready` on its own line when all parts answer. What it stores survives, kill -9 included.
"""

from __future__ import annotations

import argparse

from cli.failure import Failure
from cli.place import state_argument
from shared.core.settings import SETTINGS
from shared.core.suggestion import nearest


def port_number(text: str) -> int:
    """A port for argparse; two more follow it."""
    port = int(text)
    if not 0 <= port <= 65_533:
        raise argparse.ArgumentTypeError("must be 0 (any) to 65533")
    return port


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `up` takes."""
    state_argument(parser)
    parser.add_argument(
        "--port",
        type=port_number,
        default=8080,
        help="of the predict function; storage and ml v1 take the next two; 0: any free ones",
    )
    parser.add_argument(
        "--set",
        type=setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the functions (docs/39-settings.md), such as NOTIFY_URL; again for more",
    )


def setting(text: str) -> tuple[str, str]:
    """A setting's name and value for argparse."""
    name, _, value = text.partition("=")
    known = [one.name for one in SETTINGS]
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else "docs/39-settings.md lists them"
        raise argparse.ArgumentTypeError(f"there is no setting {name!r}; {hint}")
    return name, value


def run(options: argparse.Namespace) -> int:
    """Run until Ctrl-C."""
    from localcloud.cloud import CannotStart
    from localcloud.cloud import run as run_cloud

    try:
        overrides = {"environment": dict(options.set)} if options.set else {}
        run_cloud(options.state.expanduser().resolve(), options.port, overrides)
    except CannotStart as error:
        raise Failure(str(error)) from error
    return 0
