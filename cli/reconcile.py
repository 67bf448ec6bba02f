"""Do what lost events left undone: send them again, and bring each default to what is wanted.
Versions that are old are collected: never the default, nor the newest KEEP_VERSIONS good ones.

Safe at any time. Exit code 1 where a function did not take an event: type it again.
--dry-run changes nothing and says what would be done.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from cli.person import Ports, aftermath, complain, ports
from cli.target import resolve, target_arguments
from shared.core.clock import now

if TYPE_CHECKING:
    from shared.workflows.reconcile import Repairs


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `reconcile` takes."""
    target_arguments(parser)
    parser.add_argument("model", metavar="MODEL", nargs="?", default="", help="default: all")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")


def run(options: argparse.Namespace) -> int:
    """Repair, and tell what was repaired."""
    from shared.workflows.reconcile import reconcile

    with ports(resolve(options)) as at:
        ports_of = at.settings, at.store, at.platform, at.sender, now
        repairs = reconcile(*ports_of, options.model, dry_run=options.dry_run)
        if not options.dry_run:
            requests = look_at_requests(at, options.model)
            complain(aftermath(at).repaired(options.model, requests))
    for line in lines(repairs, "would be " if options.dry_run else ""):
        print(line)
    for model, days in repairs.pinned_days.items():
        print(
            f"{model} has been pinned for {days} days: ./run rollback {model} --unpin releases it"
        )
    for uri, why in repairs.failed.items():
        print(f"not taken: {uri}: {why}", file=sys.stderr)
    return 1 if repairs.failed else 0


def look_at_requests(at: Ports, model: str) -> dict[str, dict[str, Any]]:
    """Say which requests are far from the training data, and delete samples that are old; what is
    known of the requests to each live version."""
    from shared.workflows import watch
    from shared.workflows.reconcile import models_with_default
    from shared.workflows.traffic import Traffic

    traffic = Traffic(at.settings, at.store, now)
    names = [model] if model else models_with_default(at.settings, at.store)
    found = {name: told for name in names if (told := traffic.of(name)) is not None}
    for alarm in watch.drifted(found):
        print(alarm.message)
    if expired := traffic.expire():
        print(f"{len(expired)} objects of sampled requests were old and are deleted")
    return found


def lines(repairs: Repairs, would: str) -> list[str]:
    """What was done, a line each. would: what stands before it, where it was not."""
    return [
        *(f"{would}sent again: {uri}" for uri in repairs.sent),
        *(f"default {would}set again: {model}" for model in repairs.defaults),
        *(f"{would}collected: {version}" for version in repairs.collected),
        *(f"{would}removed, as it was forgotten: {name}" for name in repairs.forgotten),
    ] or ([] if repairs.failed else ["nothing was left undone"])
