"""Open the page, the status pages and the reports in a browser, as whoever is signed in.

A proxy on this machine that adds your token to what the browser asks. Only the browser that opens
the printed link comes through, and the link is good once. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
from functools import partial

from cli.failure import Failure
from cli.target import resolve, target_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `open` takes."""
    target_arguments(parser)
    parser.add_argument("--port", type=int, default=0, help="of the proxy (default: a free one)")


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    from cli.view.server import serve

    target = resolve(options)
    try:
        serve(target, options.port, partial(print, flush=True))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        raise Failure(f"port {options.port} cannot be used: {error.strerror}") from error
    return 0
