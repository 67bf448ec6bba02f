"""Remove all that is there of a drop, with every copy of its CSV, or of a whole model.

CSVs, model directories, versions, ledger, leases, samples, and with a whole model its batch files,
predictions and model.toml. The default moves first. What stays is a tombstone for each drop: its
id, when, and by whom; events that come later do nothing. There is no way back.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from cli.client import Refused
from cli.failure import Failure, UsageFailure
from cli.person import aftermath, complain, ports
from cli.target import Target, resolve, target_arguments
from shared.core.clock import now

if TYPE_CHECKING:
    from shared.workflows.forget import Forget, Plan

SECONDS_A_DAY = 86_400


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `forget` takes."""
    target_arguments(parser)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument(
        "--drop", metavar="ID", default="", help="only this drop, as ./run versions"
    )
    parser.add_argument("--dry-run", action="store_true", help="only list what would be removed")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> int:
    """List, ask, remove, say what is kept elsewhere; 1 where something could not be removed yet."""
    from shared.workflows.forget import Forget

    target = resolve(options)
    with ports(target) as at:
        forget = Forget(options.model, target.email, at.settings, at.store, at.platform, now)
        plan = forget.plan(options.drop.removeprefix("v"))
        if plan.is_empty and not plan.drops:
            raise Failure(f"there is nothing of a model {options.model!r}")
        print("\n".join(listing(plan)))
        if options.dry_run:
            return 0
        confirm(options.drop or options.model, yes=options.yes)
        code = finish(forget, plan, target)
        complain(aftermath(at).page(options.model))
        return code


def finish(forget: Forget, plan: Plan, target: Target) -> int:
    """Remove it, and say what is left where."""
    left = forget.carry_out(plan)
    print(f"forgotten: {len(plan.objects)} objects, {len(plan.versions)} versions removed")
    print("\n".join(kept(target, plan)))
    if left.is_empty:
        return 0
    print("not all could be removed yet; ./run reconcile goes on with:", file=sys.stderr)
    print("\n".join(listing(left)), file=sys.stderr)
    return 1


def confirm(name: str, *, yes: bool) -> None:
    """Go on only where the name is typed. Raises Failure, UsageFailure."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageFailure("nobody can be asked here: add --yes, or --dry-run to see the list")
    if input(f"This cannot be undone. Type {name} to go on: ").strip() != name:
        raise Failure("nothing was removed")


def listing(plan: Plan) -> list[str]:
    """What a plan removes, a line each."""
    lines = [f"version {plan.model}/{version}" for version in plan.versions]
    lines += [f"gs://{meta.bucket}/{meta.name}" for meta in plan.objects]
    if plan.default:
        after = plan.successor or "none: nothing is left that could answer"
        lines.append(f"the default moves from {plan.default} to {after}")
    lines += [
        f"stays, and was trained on the same rows too: {version}" for version in plan.trained_on
    ]
    return lines or ["nothing is left to remove"]


def kept(target: Target, plan: Plan) -> list[str]:
    """What is kept in spite of it: by soft delete, in logs, as a tombstone."""
    lines = [f"gs://{bucket}: {soft_deletion(target, bucket)}" for bucket in target.buckets]
    return [
        *lines,
        "logs keep names of files, models and versions, and no rows, for as long as logs are kept",
        f"kept on purpose: the tombstones of {len(plan.drops)} drops",
        *(["the platform keeps the empty model's name"] if plan.is_whole else []),
    ]


def soft_deletion(target: Target, bucket: str) -> str:
    """How long the store keeps what is deleted from a bucket."""
    try:
        found = target.storage.call_json("GET", f"/storage/v1/b/{bucket}")
    except Refused as refused:
        return f"its soft delete policy cannot be read ({refused})"
    policy = found.get("softDeletePolicy", {})
    seconds = int(policy.get("retentionDurationSeconds", 0))
    if found.get("versioning", {}).get("enabled"):
        return "object versioning keeps what was deleted until a lifecycle rule ends it"
    if not seconds:
        return "nothing that was deleted is kept"
    return (
        f"soft delete keeps what was deleted for {seconds / SECONDS_A_DAY:g} days; only "
        "shortening the bucket's policy beforehand avoids that"
    )
