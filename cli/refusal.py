"""What is wrong with a CSV, for people: what is said alike stands together, and each line to copy
once, with the person's own file and model in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli import story

MEND = " To mend it: "
_SHOWN = 10
_WORD = re.compile(r"""(?<!["'])\bFILE\.csv""")


@dataclass
class Group:
    """Findings of one code, column and message. lines: of the file; mend: the line to copy."""

    first: dict[str, Any]
    mend: str
    lines: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        if len(self.lines) < 2:
            return story.finding(self.first)
        shown = ", ".join(map(str, self.lines[:_SHOWN]))
        more = ", ..." if len(self.lines) > _SHOWN else ""
        column = f", column {self.first['column']!r}" if "column" in self.first else ""
        return f"{self.first['code']} (lines {shown}{more}{column}): {self.first['message']}"


def lines(told: dict[str, Any], file: Path | None, model: str, target: str = "") -> list[str]:
    """A line for each kind of finding, those to copy below. told: the folded story of the drop;
    file: the person's, where it is known; target: the column that they named."""
    groups = grouped(told.get("findings", []))
    if not groups:
        return story.findings(told)
    found = []
    for place, group in enumerate(groups):
        found.append(str(group))
        if group.mend and group.mend not in [other.mend for other in groups[place + 1 :]]:
            found.append(f"  {MEND.strip()} {filled(group.mend, file, model)}")
    return [*found, *_counted(told), *_next(groups, file, model, target)]


def grouped(findings: Sequence[dict[str, Any]]) -> list[Group]:
    """The findings that say the same, in order of the first."""
    groups: dict[tuple[Any, ...], Group] = {}
    for one in findings:
        message, _, mend = str(one.get("message", "")).partition(MEND)
        key = (one.get("code"), one.get("column"), message, mend)
        group = groups.setdefault(key, Group(one | {"message": message}, mend))
        line = one.get("line")
        if isinstance(line, int) and line not in group.lines:
            group.lines.append(line)
    return list(groups.values())


def filled(mend: str, file: Path | None, model: str) -> str:
    """The line to copy with the model in it, and the file where its name needs no care there."""
    mend = mend.replace("--model MODEL", f"--model {model}")
    if file is None:
        return mend
    name = shlex.quote(str(file))
    inside = mend.replace("FILE.csv", name) if name == str(file) else mend
    return _WORD.sub(lambda _: name, inside)


def _counted(told: dict[str, Any]) -> list[str]:
    """How many there are, where not all are listed."""
    listed = [one["code"] for one in told["findings"]]
    return [
        f"{code}: {count:,} in all, the first {listed.count(code)} are listed"
        for code, count in told.get("counts", {}).items()
        if count > listed.count(code) > 0
    ]


def _next(groups: Sequence[Group], file: Path | None, model: str, target: str) -> list[str]:
    """What to type once a line was copied."""
    said = []
    if any(group.mend.startswith("in model.toml") for group in groups):
        said.append(f"model.toml is yours to write: ./run configure {model} model.toml")
    if file and any("mended.csv" in group.mend for group in groups):
        name = shlex.quote(file.name)
        named = f" --target {shlex.quote(target)}" if target else ""
        said.append(f"Then drop it: ./run drop mended.csv --as {name} --model {model}{named}")
    return said
