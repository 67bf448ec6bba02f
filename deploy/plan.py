"""The plan: every step of an installation, in order, and the files that its commands read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.configuration import BUCKETS, Configuration
from deploy.section.accounts import account_steps, grant_steps, role_steps
from deploy.section.agents import agent_steps
from deploy.section.buckets import bucket_steps, lifecycle
from deploy.section.building import Sources, build, repository_steps
from deploy.section.events import call_steps, dead_letter_steps, schedule_step, subscription_steps
from deploy.section.people import people_steps
from deploy.section.project import project_steps
from deploy.section.running import images, running_steps
from deploy.section.secrets import secret_steps
from deploy.section.vertex import vertex_steps
from deploy.section.watching import watching_files, watching_steps
from deploy.step import Phase, Step


@dataclass(frozen=True)
class Plan:
    """Steps in the order that they are done in. files: path in the prepared folder -> content."""

    steps: tuple[Step, ...]
    files: Mapping[str, str]

    def of(self, phase: Phase | None) -> tuple[Step, ...]:
        """The steps of one phase, or all."""
        return tuple(s for s in self.steps if phase is None or s.phase in (None, phase))


def plan(made: Configuration, sources: Sources) -> Plan:
    """All that an installation is. sources: staged thing -> digest."""
    files = {
        **{f"lifecycle-{kind}.json": lifecycle(made, kind) for kind in BUCKETS},
        **{f"build-{thing}.json": build(made, thing, sources) for thing in images(made)},
        **watching_files(made),
    }
    written = {name: json.dumps(content, indent=1) + "\n" for name, content in files.items()}
    return Plan(tuple(_steps(made, sources)), written)


def _steps(made: Configuration, sources: Sources) -> Iterator[Step]:
    yield from project_steps(made)
    yield from account_steps(made)
    yield from role_steps(made)
    yield from bucket_steps(made)
    yield from grant_steps(made)
    yield from agent_steps(made)
    yield from vertex_steps(made)
    yield from secret_steps(made)
    yield from repository_steps(made)
    yield from dead_letter_steps(made)
    yield from running_steps(made, sources)
    yield from call_steps(made)
    yield from people_steps(made)
    yield from subscription_steps(made)
    yield schedule_step(made)
    yield from watching_steps(made)
