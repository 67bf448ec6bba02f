"""What Google Cloud has, read once a command; and the names that it made."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from deploy.failure import DeployFailure
from deploy.gcloud import Result, Runner, line
from deploy.shape import at, matches
from deploy.step import Step, Words

TRIES = 6
FIRST_PAUSE = 2.0
"""Seconds before the second try of what Google Cloud gets over by itself; they double."""
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")


class Cloud:
    """Answers of gcloud, kept until a change makes them old."""

    def __init__(self, runner: Runner, pause: Callable[[float], None] = time.sleep) -> None:
        self._runner, self._pause = runner, pause
        self._answers: dict[Words, Any] = {}
        self._made: dict[str, str] = {}

    def found(self, step: Step) -> Any:
        """The step's thing, None where it is not there. Learns the names that the step tells."""
        answer = self._answer(step)
        one = step.whole or not isinstance(answer, list)
        items = [] if answer is None else [answer] if one else answer
        item = next((item for item in items if matches(self.filled(step.find), item)), None)
        if item is not None:
            self._learn(step.tells, item)
        return item

    def change(self, words: Words, step: Step) -> None:
        """Run a command that changes the step's thing; the next look at it asks again.

        Raises DeployFailure.
        """
        result = self._runner.run(self.resolved(words))
        read = self.resolved(step.read)
        self._answers.pop(read, None)
        if result.code:
            raise ChangeFailed(result.err.strip() or f"exit code {result.code}", result.passing)
        if step.echoes and result.out.strip():
            self._answers[read] = result.parsed()

    def resolved(self, words: Words) -> Words:
        """The words with the names that are known by now."""
        return tuple(self.filled(word) for word in words)

    def filled(self, value: Any) -> Any:
        """A shape or text with the names that are known by now."""
        if isinstance(value, str):
            return PLACEHOLDER.sub(lambda hit: self._made.get(hit[0], hit[0]), value)
        if isinstance(value, Mapping):
            return {key: self.filled(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.filled(item) for item in value]
        return value

    def _answer(self, step: Step) -> Any:
        words = self.resolved(step.read)
        if words not in self._answers:
            result = self._looked(words)
            if result.code and not result.absent:
                hint = f"\n{step.forbidden}" if step.forbidden and result.forbidden else ""
                raise DeployFailure(f"{line(words)}\n{result.err.strip()}{hint}")
            self._answers[words] = None if result.code else result.parsed()
        return self._answers[words]

    def _looked(self, words: Words) -> Result:
        """A look, again where an API was switched on a moment ago or a quota is used up."""
        pause = FIRST_PAUSE
        for _ in range(TRIES - 1):
            result = self._runner.run(words)
            if result.absent or not result.passing:
                return result
            self._pause(pause)
            pause *= 2
        return self._runner.run(words)

    def _learn(self, tells: Mapping[str, str], item: Any) -> None:
        for name, path in tells.items():
            value = at(item, path)
            if value:
                self._made[name] = str(value)


class ChangeFailed(DeployFailure):
    """A command that was to change something failed. passing: it may succeed in a minute."""

    def __init__(self, message: str, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing
