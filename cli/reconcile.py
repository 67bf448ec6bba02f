"""Do what lost events left undone: send them again, and bring each default to what is wanted.
Versions that are old are collected: never the default, nor the newest KEEP_VERSIONS good ones.

Safe at any time. Exit code 1 where a function did not take an event: type it again.
--dry-run changes nothing and says what would be done.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from typing import TYPE_CHECKING

from cli.client import call
from cli.failure import Failure
from cli.person import aftermath, complain, now, ports
from cli.place import running_cloud, state_argument
from localcloud.configuration import Configuration
from shared.core.errors import EventNotTaken
from shared.core.event import ObjectFinalized

if TYPE_CHECKING:
    from shared.workflows.reconcile import Repairs


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `reconcile` takes."""
    state_argument(parser)
    parser.add_argument("model", metavar="MODEL", nargs="?", default="", help="default: all")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")


def run(options: argparse.Namespace) -> int:
    """Repair, and tell what was repaired."""
    from shared.workflows.reconcile import reconcile

    cloud = running_cloud(options.state)
    with ports(cloud) as at:
        ports_of = at.settings, at.store, at.platform, Sender(cloud), now
        repairs = reconcile(*ports_of, options.model, dry_run=options.dry_run)
        if not options.dry_run:
            complain(aftermath(at).repaired(options.model))
    for line in lines(repairs, "would be " if options.dry_run else ""):
        print(line)
    for model, days in repairs.pinned_days.items():
        print(
            f"{model} has been pinned for {days} days: ./run rollback {model} --unpin releases it"
        )
    for uri, why in repairs.failed.items():
        print(f"not taken: {uri}: {why}", file=sys.stderr)
    return 1 if repairs.failed else 0


def lines(repairs: Repairs, would: str) -> list[str]:
    """What was done, a line each. would: what stands before it, where it was not."""
    return [
        *(f"{would}sent again: {uri}" for uri in repairs.sent),
        *(f"default {would}set again: {model}" for model in repairs.defaults),
        *(f"{would}collected: {version}" for version in repairs.collected),
        *(f"{would}removed, as it was forgotten: {name}" for name in repairs.forgotten),
    ] or ([] if repairs.failed else ["nothing was left undone"])


class Sender:
    """Posts an event to the address of each trigger on its bucket, as Eventarc does."""

    def __init__(self, cloud: Configuration) -> None:
        self._triggers = tuple(cloud.triggers.values())

    def send(self, event: ObjectFinalized) -> None:
        """Raises EventNotTaken."""
        from shared.core.cloudevent import headers

        body = json.dumps(event.as_data())
        sent = headers(f"reconcile-{uuid.uuid4().hex}", body)
        addresses = [to for bucket, to in self._triggers if bucket == event.source.bucket]
        try:
            for address in addresses:
                call("POST", address, body.encode(), sent)
        except Failure as failure:
            raise EventNotTaken(str(failure)) from failure
