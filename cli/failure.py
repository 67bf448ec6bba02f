"""How a verb ends when it cannot do what was asked: one sentence and an exit code."""

from __future__ import annotations


class Failure(Exception):
    """Shown as one line on standard error. exit_code: 1 unless the verb documents another."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class UsageFailure(Failure):
    """What was typed cannot be meant: exit code 2."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 2)
