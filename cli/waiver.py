"""Findings of bandit that are known and answered, each with its place and its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.place import ROOT

FILE = Path(__file__).with_name("waivers.toml")


@dataclass(frozen=True, order=True)
class Finding:
    """One finding: the file, the line of code (not its number, which moves), the check."""

    file: str
    code: str
    check: str

    def __str__(self) -> str:
        return f"{self.check} {self.file}: {self.code}"


def waived(file: Path = FILE) -> Iterator[Finding]:
    """Every place that the file names."""
    for each in tomllib.loads(file.read_text(encoding="utf-8"))["waiver"]:
        for place in each["where"]:
            name, _, code = place.partition(": ")
            yield Finding(name, code, each["check"])


def found(report: Mapping[str, Any], root: Path = ROOT) -> Iterator[Finding]:
    """What bandit's report tells, by lines of code."""
    for each in report["results"]:
        lines = (root / each["filename"]).read_text(encoding="utf-8").splitlines()
        code = lines[each["line_number"] - 1].strip()
        yield Finding(each["filename"].removeprefix("./"), code, each["test_id"])


def unanswered(findings: Iterable[Finding], waivers: Iterable[Finding]) -> list[str]:
    """What is to be mended or waived, and what is waived although it is not found any more."""
    there, known = set(findings), set(waivers)
    new = [f"{each}: mend it, or give the reason in cli/waivers.toml" for each in there - known]
    gone = [f"{each}: not there any more; strike it in cli/waivers.toml" for each in known - there]
    return sorted(new) + sorted(gone)
