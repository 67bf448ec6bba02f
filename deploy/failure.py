"""How a deploy ends when it cannot go on: one sentence that says what to do, and an exit code."""

from __future__ import annotations


class DeployFailure(Exception):
    """Shown on standard error. exit_code: 1, or 2 where what was typed cannot be meant."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def usage(message: str) -> DeployFailure:
    """What was typed, or stands in the settings file, cannot be meant."""
    return DeployFailure(message, 2)
