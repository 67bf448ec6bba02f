"""What was found in a CSV: refusals and warnings, all of them, a few of each kept in full."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

from shared.core.errors import DatasetRejected, Finding
from shared.training.reading import remedy
from shared.training.reading.remedy import Remedy

KEPT_PER_CODE = 20
"""Findings kept of one code; the count goes on exactly."""


class Verdict:
    """Collects findings; `settle` raises DatasetRejected with every refusal there was.

    table: of the file, once it is known; lines to copy are written for it.
    """

    def __init__(self) -> None:
        self.warnings: list[Finding] = []
        self.table = remedy.Table()
        self._refusals: list[Finding] = []
        self._remedies: list[Remedy] = []
        self._counts: Counter[str] = Counter()

    def refuse(
        self,
        code: str,
        message: str,
        line: int | None = None,
        column: str | None = None,
        *,
        mend: Remedy = "",
    ) -> None:
        """Note a reason not to train. mend: the line to copy that mends it, or its part of one."""
        self._counts[code] += 1
        if self._counts[code] <= KEPT_PER_CODE:
            self._refusals.append(Finding(code, message, line, column))
            self._remedies.append(mend)

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
        """Note something odd that does not stop the training. mend: what says otherwise, for what
        was done is most often right."""
        said = f"{message} To have it otherwise: {mend}" if mend else message
        self.warnings.append(Finding(code, said, line, column))

    def add(self, rejected: DatasetRejected) -> None:
        """Take over the refusals of something that could not go on."""
        if isinstance(rejected, Unreadable):
            self._refusals.append(rejected.bare)
            self._remedies.append(rejected.mend)
        else:
            self._refusals += rejected.findings
            self._remedies += [""] * len(rejected.findings)
        self._counts.update(rejected.counts)

    @property
    def refused(self) -> bool:
        """Whether any reason not to train was noted."""
        return bool(self._refusals)

    def settle(self) -> None:
        """Raise DatasetRejected if anything was refused."""
        if self._refusals:
            mends = remedy.lines(self._remedies, self.table)
            told = map(_ended, self._refusals, mends)
            raise DatasetRejected(*told, counts=self._counts)


class Unreadable(DatasetRejected):
    """What ends the reading. bare: the finding without its line to copy, which `mend` makes."""

    def __init__(self, bare: Finding, mend: Remedy) -> None:
        super().__init__(_ended(bare, *remedy.lines([mend], remedy.Table())))
        self.bare = bare
        self.mend = mend


def rejected(code: str, message: str, line: int | None = None, *, mend: Remedy) -> Unreadable:
    """The error of a single finding, for a verdict to add."""
    return Unreadable(Finding(code, message, line), mend)


def _ended(finding: Finding, mend: str) -> Finding:
    return replace(finding, message=ending(finding.message, mend))


def ending(message: str, mend: str) -> str:
    """The message, with the line to copy at its end."""
    return f"{message} To mend it: {mend}" if mend else message


def column_line(name: str, kind: str) -> str:
    """The line of model.toml that says what a column is."""
    return f'in model.toml below [columns]: {toml(name)} = "{kind}"'


def limits_line(name: str, value: float) -> str:
    """The line of model.toml that sets a limit."""
    return f"in model.toml below [limits]: {name} = {value:g}"


def toml(text: str) -> str:
    """Text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def counted(count: int, one: str, many: str = "") -> str:
    """A number and its noun: "1 row", "1,200 rows"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
