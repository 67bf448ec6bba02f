"""What was found in a CSV: refusals and warnings, all of them, a few of each kept in full."""

from __future__ import annotations

from collections import Counter

from shared.core.errors import DatasetRejected, Finding

KEPT_PER_CODE = 20
"""Findings kept of one code; the count goes on exactly."""


class Verdict:
    """Collects findings; `settle` raises DatasetRejected with every refusal there was."""

    def __init__(self) -> None:
        self.warnings: list[Finding] = []
        self._refusals: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def refuse(
        self, code: str, message: str, line: int | None = None, column: str | None = None
    ) -> None:
        """Note a reason not to train."""
        self._counts[code] += 1
        if self._counts[code] <= KEPT_PER_CODE:
            self._refusals.append(Finding(code, message, line, column))

    def count_more(self, code: str, number: int) -> None:
        """Count refusals that were not noted one by one."""
        self._counts[code] += number

    def warn(
        self, code: str, message: str, line: int | None = None, column: str | None = None
    ) -> None:
        """Note something odd that does not stop the training."""
        self.warnings.append(Finding(code, message, line, column))

    @property
    def refused(self) -> bool:
        """Whether any reason not to train was noted."""
        return bool(self._refusals)

    def settle(self) -> None:
        """Raise DatasetRejected if anything was refused."""
        if self._refusals:
            raise DatasetRejected(*self._refusals, counts=self._counts)
