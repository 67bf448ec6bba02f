"""Takes an installation away again: what a deploy made and nothing else, the last thing first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deploy.cloud import Cloud
from deploy.failure import DeployFailure
from deploy.gcloud import line
from deploy.shape import ABSENT, matches
from deploy.step import Step, Words

Say = Callable[[str], None]


@dataclass
class Taken:
    """What a teardown did. kept: what it left, and why."""

    removed: list[Words] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def teardown(steps: Sequence[Step], cloud: Cloud, say: Say, *, delete_data: bool) -> Taken:
    """Remove every step's thing that is there and is ours. Raises DeployFailure."""
    for step in steps:
        if step.tells or step.fixed:
            _look(step, cloud)
    taken = Taken()
    for step in reversed(steps):
        if not step.remove:
            continue
        item = cloud.found(step)
        if item is None or not matches({"deleted": ABSENT}, item):
            continue
        kept = _keeps(step, item, cloud, delete_data)
        if kept:
            taken.kept.append(f"{step.name}: {kept}")
            continue
        _remove(step, cloud)
        taken.removed.append(cloud.resolved(step.remove))
        say(f"removed: {step.name}")
    return taken


def _look(step: Step, cloud: Cloud) -> None:
    """Learn names that the commands need. Raises DeployFailure where another installation is meant:
    one in another region has the same accounts."""
    item = cloud.found(step)
    ours = item is not None and all(
        matches(cloud.filled(shape), item) for shape in (step.owned, step.removable)
    )
    if ours and not matches(cloud.filled(step.fixed), item):
        raise DeployFailure(f"nothing was removed. {step.lacking}")


def _keeps(step: Step, item: object, cloud: Cloud, delete_data: bool) -> str:
    """Why the thing stays; "" where it goes."""
    ours = (step.owned, step.removable)
    if not all(matches(cloud.filled(shape), item) for shape in ours):
        return "not of this installation"
    if step.data and not delete_data:
        return "holds data or models; --delete-data removes it too"
    return ""


def _remove(step: Step, cloud: Cloud) -> None:
    try:
        cloud.change(step.remove, step)
    except DeployFailure as failure:
        run = line(cloud.resolved(step.remove))
        raise DeployFailure(
            f"{step.name}: not removed\n{run}\n{failure}\nWhat came before is removed. Mend this, "
            "then type the same command again: it goes on from here."
        ) from failure
