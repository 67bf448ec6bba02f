"""The header's names: is it a header at all, and can every column be told by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from shared.training.reading.number import is_number
from shared.training.reading.target import key
from shared.training.reading.verdict import Verdict

_SHOWN = 100


def check(names: Sequence[str], line: int, verdict: Verdict) -> bool:
    """Refuse what is no header; whether the target can be looked for in it."""
    if _is_data(names):
        verdict.refuse(
            "header_numeric",
            "the first row reads like data, not like names. Put the column names above it: "
            "without them the first row of data would be lost.",
            line,
            mend=f"sed -i '{line}i {','.join(_invented(len(names)))}' FILE.csv",
        )
        return False
    _check_duplicates(names, line, verdict)
    if len(names) == 1:
        verdict.refuse(
            "no_features",
            "the file has one column only. Put the features and the target in columns of their "
            "own, separated by commas.",
            line,
            mend="sed -i 's/;/,/g' FILE.csv",
        )
    return True


def _check_duplicates(names: Sequence[str], line: int, verdict: Verdict) -> None:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        before = first.setdefault(key(name), index)
        if name and before != index:
            verdict.refuse(
                "duplicate_column",
                f"columns {before + 1} and {index + 1} have the same name, blanks and case aside. "
                "Rename or drop one.",
                line,
                name,
                mend=f"sed -i '{line}s/.*/{_renamed(names)}/' FILE.csv",
            )


def _is_data(names: Sequence[str]) -> bool:
    """Numbers for names are data, unless they count upwards one by one (0, 1, 2; 2019, 2020)."""
    numbers = [name for name in names if is_number(name)]
    if not numbers:
        return False
    counting = all(name.isdecimal() for name in numbers) and all(
        int(after) - int(before) == 1 for before, after in pairwise(numbers)
    )
    return not counting


def _invented(width: int) -> list[str]:
    """Names for columns that have none, for the line to copy."""
    return [*(f"c{place}" for place in range(1, min(width, _SHOWN))), "label"]


def _renamed(names: Sequence[str]) -> str:
    """A header in which every name is there once, for the line to copy."""
    seen: set[str] = set()
    unique = []
    for place, name in enumerate(names[:_SHOWN], 1):
        plain = re.sub(r"[^\w .-]", "_", name)
        unique.append(f"{plain}_{place}" if key(plain) in seen else plain)
        seen.add(key(plain))
    return ",".join(unique)
