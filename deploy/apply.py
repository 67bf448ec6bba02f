"""Does a plan: looks at each thing first, changes only what is not as it must be."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deploy.cloud import FIRST_PAUSE, TRIES, ChangeFailed, Cloud
from deploy.failure import DeployFailure
from deploy.gcloud import line
from deploy.shape import ABSENT, matches
from deploy.step import Step, Words

Say = Callable[[str], None]


@dataclass
class Done:
    """What an apply did. changed: the commands that changed something, as they were run."""

    changed: list[Words] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


class Apply:
    """One run over a plan. Raises DeployFailure at the first thing that cannot be done."""

    def __init__(self, cloud: Cloud, say: Say, pause: Callable[[float], None] = time.sleep) -> None:
        self._cloud, self._say, self._pause = cloud, say, pause

    def run(self, steps: Sequence[Step], every: Sequence[Step]) -> Done:
        """Do these steps; every: those of the whole plan, for what they wait for."""
        done = Done()
        names = {step.name: step for step in every}
        todo = {step.name for step in steps}
        for number, step in enumerate(steps, 1):
            said = f"[{number:>3}/{len(steps)}] {step.name}"
            if step.after and step.after not in todo and not self._found(names[step.after]):
                done.waiting.append(step.name)
                self._say(f"{said}: waits for the first release")
                continue
            try:
                self._do(step, said, done)
            except DeployFailure as failure:
                raise DeployFailure(
                    f"{said}: failed\n{failure}\nEverything before it is done. Mend this, then "
                    "type the same command again: it goes on from here."
                ) from failure
        return done

    def _found(self, step: Step) -> bool:
        return self._cloud.found(step) is not None

    def _do(self, step: Step, said: str, done: Done) -> None:
        words = self.needed(step)
        if not words:
            self._say(f"{said}: as it must be")
            return
        began = time.monotonic()
        for each in words:
            self._change(each, step, done)
        if step.tells:
            self._cloud.found(step)
        self._say(f"{said}: done in {time.monotonic() - began:.1f} s")

    def needed(self, step: Step) -> list[Words]:
        """The commands that make the step's thing as it must be; none where it is.

        Raises DeployFailure for what cannot be made so.
        """
        item = self._cloud.found(step)
        if item is None:
            if step.mend:
                return []
            if step.create or (step.update and not step.lacking):
                return [step.command]
            raise DeployFailure(step.lacking)
        if not matches(self._cloud.filled(step.owned), item):
            raise DeployFailure(
                f"{step.name} is there, and is not of this installation. Use another --name, or "
                "name it in the settings file, so that it is used and never taken away."
            )
        if not matches(self._cloud.filled(step.fixed), item):
            raise DeployFailure(step.lacking)
        revive = [step.revive] if step.revive and not matches({"deleted": ABSENT}, item) else []
        if not revive and matches(self._cloud.filled(step.wanted), item):
            return []
        words = step.update or step.mend or step.create
        if not words:
            raise DeployFailure(step.lacking)
        return [*revive, words]

    def _change(self, words: Words, step: Step, done: Done) -> None:
        pause = FIRST_PAUSE
        for attempt in range(1, TRIES + 1):
            try:
                self._cloud.change(words, step)
            except ChangeFailed as failure:
                if attempt == TRIES or not failure.passing:
                    run = line(self._cloud.resolved(words))
                    raise DeployFailure(f"{run}\n{failure}") from failure
                self._pause(pause)
                pause *= 2
            else:
                done.changed.append(self._cloud.resolved(words))
                return
