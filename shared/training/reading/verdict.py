"""What was found in a CSV: refusals and warnings, all of them, a few of each kept in full."""

from __future__ import annotations

import json
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
        self,
        code: str,
        message: str,
        line: int | None = None,
        column: str | None = None,
        *,
        mend: str = "",
    ) -> None:
        """Note a reason not to train. mend: the line to copy that mends it."""
        self._counts[code] += 1
        if self._counts[code] <= KEPT_PER_CODE:
            self._refusals.append(Finding(code, ending(message, mend), line, column))

    def count_more(self, code: str, number: int) -> None:
        """Count refusals that were not noted one by one."""
        self._counts[code] += number

    def warn(
        self,
        code: str,
        message: str,
        line: int | None = None,
        column: str | None = None,
        *,
        mend: str = "",
    ) -> None:
        """Note something odd that does not stop the training."""
        self.warnings.append(Finding(code, ending(message, mend), line, column))

    def add(self, rejected: DatasetRejected) -> None:
        """Take over the refusals of something that could not go on."""
        self._refusals += rejected.findings
        self._counts.update(rejected.counts)

    @property
    def refused(self) -> bool:
        """Whether any reason not to train was noted."""
        return bool(self._refusals)

    def settle(self) -> None:
        """Raise DatasetRejected if anything was refused."""
        if self._refusals:
            raise DatasetRejected(*self._refusals, counts=self._counts)


def rejected(code: str, message: str, line: int | None = None, *, mend: str) -> DatasetRejected:
    """The error of a single finding."""
    return DatasetRejected(Finding(code, ending(message, mend), line))


def ending(message: str, mend: str) -> str:
    """The message, with the line to copy at its end."""
    return f"{message} To mend it: {mend}" if mend else message


def column_line(name: str, kind: str) -> str:
    """The line of model.toml that says what a column is."""
    return f'in model.toml below [columns]: {toml(name)} = "{kind}"'


def delete_line(line: int) -> str:
    """The command that leaves a row out."""
    return f"sed -i '{line}d' FILE.csv"


def toml(text: str) -> str:
    """Text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def counted(count: int, one: str, many: str = "") -> str:
    """A number and its noun: "1 row", "1,200 rows"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
