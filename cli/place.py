"""Which local cloud a verb means: `--state DIR`, by default `.localcloud/` in the checkout."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.failure import Failure
from localcloud.configuration import Configuration
from localcloud.state import running

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".localcloud"


def state_argument(parser: argparse.ArgumentParser) -> None:
    """Every local verb takes it, so that several local clouds live side by side."""
    parser.add_argument(
        "--state",
        type=Path,
        default=STATE,
        metavar="DIR",
        help="folder of the local cloud (default: .localcloud/ in the checkout)",
    )


def running_cloud(state: Path) -> Configuration:
    """The local cloud that runs on the folder now, or the sentence that says how to start one."""
    state = state.expanduser().resolve()
    if not running(state):
        where = "" if state == STATE else f" --state {state}"
        raise Failure(f"no local cloud runs on {state}; start one with ./run up{where}")
    try:
        return Configuration.load(state)
    except FileNotFoundError:
        raise Failure(f"the local cloud on {state} is still starting; wait for `ready`") from None
