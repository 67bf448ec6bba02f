"""Do what lost events left undone: send them again, and bring each default to what is wanted.

Safe at any time. Exit code 1 where a function did not take an event: type it again.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid

from cli.client import call
from cli.failure import Failure
from cli.person import now, ports
from cli.place import running_cloud, state_argument
from localcloud.configuration import Configuration
from shared.core.errors import EventNotTaken
from shared.core.event import ObjectFinalized


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `reconcile` takes."""
    state_argument(parser)
    parser.add_argument("model", metavar="MODEL", nargs="?", default="", help="default: all")


def run(options: argparse.Namespace) -> int:
    """Repair, and tell what was repaired."""
    from shared.workflows.reconcile import reconcile

    cloud = running_cloud(options.state)
    with ports(cloud) as at:
        repairs = reconcile(at.settings, at.store, at.platform, Sender(cloud), now, options.model)
    for uri in repairs.sent:
        print(f"sent again: {uri}")
    for model in repairs.defaults:
        print(f"default set again: {model}")
    for uri, why in repairs.failed.items():
        print(f"not taken: {uri}: {why}", file=sys.stderr)
    if not (repairs.sent or repairs.defaults or repairs.failed):
        print("nothing was left undone")
    return 1 if repairs.failed else 0


class Sender:
    """Posts an event to the address of each trigger on its bucket, as Eventarc does."""

    def __init__(self, cloud: Configuration) -> None:
        self._triggers = tuple(cloud.triggers.values())

    def send(self, event: ObjectFinalized) -> None:
        """Raises EventNotTaken."""
        from localcloud.cloudevent import headers

        body = json.dumps(event.as_data())
        sent = headers(f"reconcile-{uuid.uuid4().hex}", body)
        addresses = [to for bucket, to in self._triggers if bucket == event.source.bucket]
        try:
            for address in addresses:
                call("POST", address, body.encode(), sent)
        except Failure as failure:
            raise EventNotTaken(str(failure)) from failure
