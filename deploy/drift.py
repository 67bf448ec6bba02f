"""Compares what is there with the plan, step by step, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.apply import Apply
from deploy.cloud import Cloud
from deploy.failure import DeployFailure
from deploy.plan import Plan


def drift(plan: Plan, cloud: Cloud) -> Iterator[tuple[str, str]]:
    """What is not as the plan has it: the step's name, and how it is.

    What hangs on a thing that is missing is left out, since the thing itself is told.
    """
    apply = Apply(cloud, lambda _: None)
    names = {step.name: step for step in plan.steps}
    for step in plan.steps:
        if step.after and cloud.found(names[step.after]) is None:
            continue
        try:
            words = apply.needed(step)
        except DeployFailure as failure:
            yield step.name, str(failure)
        else:
            if words:
                there = cloud.found(step) is not None
                yield step.name, "is not as planned" if there else "is not there"
