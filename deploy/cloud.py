"""What Google Cloud has, read once a command; and the names that it made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from deploy.failure import DeployFailure
from deploy.gcloud import Runner, line
from deploy.shape import at, matches
from deploy.step import Step, Words

PLACEHOLDER = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")


class Cloud:
    """Answers of gcloud, kept until a change makes them old."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
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
            result = self._runner.run(words)
            if result.code and not result.absent:
                raise DeployFailure(f"{line(words)}\n{result.err.strip()}")
            self._answers[words] = None if result.code else result.parsed()
        return self._answers[words]

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
