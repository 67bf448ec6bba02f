"""The target's cells: text, never numbers, and enough rows of every class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from shared.training.reading.number import is_number
from shared.training.reading.verdict import KEPT_PER_CODE, Verdict

MIN_ROWS = 4
MIN_CLASS_ROWS = 2
MAX_CLASSES = 100
MAX_LABEL = 128
MAX_MISSING_SHARE = 0.05
MAX_RARE_SHARE = 0.001


def check(cells: Sequence[str], lines: Sequence[int], column: str, verdict: Verdict) -> list[bool]:
    """Which rows to train on, by their labels; refuses and warns on the way.

    cells: the target's cells as they stand in the file; lines: the line of each.
    """
    labels = [cell.strip() for cell in cells]
    present = [bool(label) for label in labels]
    _check_missing(present, lines, column, verdict)
    counts = Counter(label for label in labels if label)
    if sum(counts.values()) < MIN_ROWS:
        verdict.refuse(
            "too_few_rows",
            f"{sum(counts.values())} rows with a label; {MIN_ROWS} is the least that can be "
            "trained on, some dozens the least that is worth it. Add rows.",
        )
        return present
    _check_spelling(set(cells), counts, column, verdict)
    rare = _check_classes(counts, column, verdict)
    return [bool(label) and label not in rare for label in labels]


def _check_missing(
    present: Sequence[bool], lines: Sequence[int], column: str, verdict: Verdict
) -> None:
    missing = [line for line, there in zip(lines, present, strict=True) if not there]
    if not missing:
        return
    if len(missing) <= MAX_MISSING_SHARE * len(present):
        verdict.warn(
            "missing_label", f"{len(missing)} rows without a label left out", missing[0], column
        )
        return
    for line in missing[:KEPT_PER_CODE]:
        verdict.refuse("missing_label", "no label. Fill it in or delete the row.", line, column)
    verdict.count_more("missing_label", len(missing[KEPT_PER_CODE:]))


def _check_spelling(cells: set[str], counts: Counter[str], column: str, verdict: Verdict) -> None:
    """Labels that a person might mean to be one are kept apart, and said."""
    if len({cell.strip() for cell in cells} - {""}) < len([c for c in cells if c.strip()]):
        verdict.warn(
            "label_spelling", "labels that differ by blanks around them count as one", None, column
        )
    spellings: dict[str | float, list[str]] = {}
    for label in counts:
        spellings.setdefault(float(label) if is_number(label) else label.casefold(), []).append(
            label
        )
    for alike in sorted(sorted(labels) for labels in spellings.values() if len(labels) > 1):
        verdict.warn(
            "label_spelling",
            f"{', '.join(repr(label[:40]) for label in alike)} are classes of their own, because "
            "labels are text. Write them alike if they are one.",
            None,
            column,
        )


def _check_classes(counts: Counter[str], column: str, verdict: Verdict) -> set[str]:
    """The classes whose rows are left out."""
    if len(counts) > MAX_CLASSES:
        verdict.refuse(
            "too_many_classes",
            f"{len(counts):,} different labels; {MAX_CLASSES} is the most. Is this the target? "
            "A measured quantity is no class.",
            column=column,
        )
        return set()
    if len(counts) == 1:
        verdict.refuse(
            "single_class", "every row has the same label, so nothing can be learnt.", column=column
        )
    if max(map(len, counts)) > MAX_LABEL:
        verdict.refuse(
            "label_too_long",
            f"labels longer than {MAX_LABEL} characters: free text is no class.",
            column=column,
        )
    rare = {label for label, rows in counts.items() if rows < MIN_CLASS_ROWS}
    if rare and len(counts) > 1:
        _tell_rare(rare, counts, column, verdict)
    return rare


def _tell_rare(rare: set[str], counts: Counter[str], column: str, verdict: Verdict) -> None:
    rows = sum(counts[label] for label in rare)
    if rows < MAX_RARE_SHARE * sum(counts.values()):
        verdict.warn(
            "rare_class",
            f"{rows} rows left out: their {len(rare)} classes have fewer than {MIN_CLASS_ROWS}",
            column=column,
        )
        return
    for label in sorted(rare):
        verdict.refuse(
            "rare_class",
            f"class {label[:40]!r} has {counts[label]} row; {MIN_CLASS_ROWS} is the least. "
            "Add rows of it or delete it.",
            column=column,
        )
