"""The header's names: is it a header at all, and can every column be told by its name."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from shared.training.reading import remedy
from shared.training.reading.number import is_number
from shared.training.reading.target import key
from shared.training.reading.verdict import Verdict, rejected


def check(names: Sequence[str], line: int, verdict: Verdict) -> bool:
    """Refuse what is no header; whether the target can be looked for in it. Raises DatasetRejected
    where the rows cannot be either."""
    if _is_data(names):
        verdict.refuse(
            "header_numeric",
            "the first row reads like data, not like names. Put the column names above it: "
            "without them the first row of data would be lost.",
            line,
            mend=remedy.header_above(_invented(len(names)), verdict.table.delimiter),
        )
        return False
    _check_shape(names, line)
    _check_duplicates(names, line, verdict)
    return True


def _check_shape(names: Sequence[str], line: int) -> None:
    """Refuse at once what no row below can be held to."""
    filled = [name for name in names if name]
    if len(filled) == 1 and (len(names) > 2 or key(filled[0]) == "sep="):
        raise rejected(
            "title_row",
            "this row is a title above the table, or Excel's sep=. The first row must be the names "
            "of the columns: leave out what stands above them.",
            line,
            mend=remedy.Row(line),
        )
    if len(names) == 1:
        raise rejected(
            "no_features",
            "this row has one column only. Put the features and the target in columns of their "
            "own, separated by commas. If it is a title above the names, leave it out.",
            line,
            mend=remedy.Row(line),
        )


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
                mend=remedy.header(renamed(names), verdict.table)
                or remedy.pandas(
                    f"d = d.drop(columns=d.columns[{index}])", verdict.table.delimiter
                ),
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
    return [*(f"c{place}" for place in range(1, width)), "label"]


def renamed(names: Sequence[str]) -> list[str]:
    """A header in which every column has a name of its own, for the line to copy."""
    seen: set[str] = set()
    unique = []
    for place, name in enumerate(names, 1):
        taken = not name or key(name) in seen
        unique.append(f"{name or 'column'}_{place}" if taken else name)
        seen.add(key(name))
    return unique
