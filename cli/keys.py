"""Make, list and revoke API keys of predict (PREDICT_AUTH=api_key).

./run keys create web-shop --model iris     prints the key, once
./run keys list
./run keys revoke ID                        counts within 10 s
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.failure import UsageFailure
from cli.person import ports
from cli.target import resolve, target_arguments
from shared.core.clock import now

if TYPE_CHECKING:
    from shared.core.apikey import ApiKey
    from shared.workflows.keys import KeyRing


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `keys` takes."""
    target_arguments(parser)
    parser.add_argument("action", choices=("create", "list", "revoke"))
    parser.add_argument("who", nargs="?", default="", metavar="NAME|ID", help="whose; which")
    parser.add_argument(
        "--model", action="append", default=[], help="a model it may ask (default: every one)"
    )


def run(options: argparse.Namespace) -> int:
    """Do it and print."""
    if (options.action == "list") == bool(options.who):
        wanted = {"create": "NAME", "list": "nothing", "revoke": "ID"}[options.action]
        raise UsageFailure(f"./run keys {options.action} takes {wanted}")
    with ring(options) as keys:
        if options.action == "create":
            text, key = keys.create(options.who, tuple(options.model) or ("*",))
            print(text)
            print(f"key {key.id}: keep it now, it is shown this once")
        elif options.action == "revoke":
            print(line(keys.revoke(options.who)))
        else:
            for key in keys.list():
                print(line(key))
    return 0


def line(key: ApiKey) -> str:
    """One key, for people."""
    state = f"revoked {key.revoked}" if key.revoked else "active"
    return f"{key.id}  {key.name:<24} {'+'.join(key.models):<24} {key.created}  {state}"


@contextmanager
def ring(options: argparse.Namespace) -> Iterator[KeyRing]:
    """The keys in the target's STATE bucket."""
    from shared.workflows.keys import KeyRing

    with ports(resolve(options)) as at:
        yield KeyRing(at.store, at.settings.state_bucket, now)
