"""The target's column: labels as text or values as numbers, and enough rows of every class."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Set

import numpy as np

from shared.core.configuration import Limits
from shared.core.suggestion import nearest
from shared.training.dataset import CategoricalColumn, Mask, NumericColumn
from shared.training.reading import remedy
from shared.training.reading.fault import tell_faults
from shared.training.reading.kind import MOSTLY
from shared.training.reading.number import is_number
from shared.training.reading.plan import Planner, is_measured
from shared.training.reading.series import Series
from shared.training.reading.typed import category
from shared.training.reading.verdict import KEPT_PER_CODE, Verdict, counted, limits_line, toml
from shared.training.reading.word import is_blank

MIN_ROWS = 4
MAX_LABEL = 128
GIANT = 50


def typed(
    one: Series, planner: Planner, verdict: Verdict
) -> tuple[CategoricalColumn | NumericColumn | None, str]:
    """The target's column and, where the first rows misled, the mode to read it in again."""
    first = one.position not in planner.learnt
    if one.mode == "number":
        if not planner.task:
            if first and one.stats.cells["number"] < MOSTLY * one.stats.filled:
                return None, "token"
            _refuse_unclear(one, verdict)
        tell_faults(one, verdict)
        _check_missing(one, planner.configuration.limits, verdict)
        return NumericColumn(one.floats), ""
    counts = dict(zip(one.words, one.counts, strict=True))
    if not planner.task and is_measured(counts):
        if first:
            return None, "number"
        _refuse_unclear(one, verdict)
    _check_missing(one, planner.configuration.limits, verdict)
    _check_spelling(counts, one.name, verdict)
    labels = [None if is_blank(word) else word.strip() for word in one.words]
    return category(one.codes, labels, one.counts), ""


def check(
    target: CategoricalColumn | NumericColumn, column: str, limits: Limits, verdict: Verdict
) -> Mask:
    """Which rows to train on, by the target; refuses and warns on the way."""
    if isinstance(target, NumericColumn):
        present: Mask = ~np.isnan(target.values)
        if _enough(int(np.count_nonzero(present)), verdict):
            _check_varies(target.values[present], column, verdict)
            _tell_giants(target.values[present], column, verdict)
        return present
    present = target.codes >= 0
    if not _enough(int(np.count_nonzero(present)), verdict):
        return present
    rows = np.bincount(target.codes[present], minlength=len(target.categories)).tolist()
    counts = Counter(dict(zip(target.categories, rows, strict=True)))
    rare = _check_classes(counts, column, limits, verdict)
    codes = [code for code, label in enumerate(target.categories) if label in rare]
    return present & ~np.isin(target.codes, codes) if codes else present


def _refuse_unclear(one: Series, verdict: Verdict) -> None:
    verdict.refuse(
        "task_unclear",
        "the target is a number with more than 20 different values, or not whole. "
        "Say whether it is to be predicted as a number or as a class.",
        None,
        one.shown,
        mend='in model.toml: task = "regression"',
    )


def _enough(rows: int, verdict: Verdict) -> bool:
    if rows < MIN_ROWS:
        verdict.refuse(
            "too_few_rows",
            f"{counted(rows, 'row')} with a label; {MIN_ROWS} is the least that can be trained on, "
            "some dozens the least that is worth it. Add rows.",
            mend=remedy.FULLER,
        )
    return rows >= MIN_ROWS


def _check_varies(values: np.ndarray, column: str, verdict: Verdict) -> None:
    if values.min() == values.max():
        verdict.refuse(
            "single_class",
            "every row has the same value, so nothing can be learnt. Add rows with others.",
            column=column,
            mend=remedy.FULLER,
        )


def _tell_giants(values: np.ndarray, column: str, verdict: Verdict) -> None:
    """Warn of values that are out of all proportion: squared, they are all that an error sees."""
    far = np.abs(values - np.median(values))
    usual = float(np.quantile(far, 0.9))
    giants = int(np.count_nonzero(far > GIANT * usual)) if usual else 0
    if giants:
        verdict.warn(
            "target_outlier",
            f"{counted(giants, 'value lies', 'values lie')} more than {GIANT} times as far from "
            "the median as nine in ten do. Another unit, or a lost decimal point?",
            None,
            column,
        )


def _check_missing(one: Series, limits: Limits, verdict: Verdict) -> None:
    count = one.missing_count
    if not count:
        return
    if count <= limits.missing_label_share * one.stats.rows:
        verdict.warn(
            "missing_label",
            f"{counted(count, 'row')} without a label left out.",
            one.missing[0],
            one.name,
        )
        return
    few = count <= KEPT_PER_CODE
    share = math.ceil(count / one.stats.rows * 1_000) / 1_000
    for line in one.missing:
        verdict.refuse(
            "missing_label",
            "no label. Fill it in or leave the row out.",
            line,
            one.name,
            mend=remedy.Row(line) if few else limits_line("missing_label_share", share),
        )
    verdict.count_more("missing_label", max(0, count - KEPT_PER_CODE))


def _check_spelling(words: Mapping[str, int], column: str, verdict: Verdict) -> None:
    """Labels that a person might mean to be one are kept apart, and said."""
    labels = {word.strip() for word in words if not is_blank(word)}
    if len(labels) < sum(not is_blank(word) for word in words):
        verdict.warn(
            "label_spelling", "labels that differ by blanks around them count as one.", None, column
        )
    spellings: dict[str | float, list[str]] = {}
    for label in labels:
        spellings.setdefault(float(label) if is_number(label) else label.casefold(), []).append(
            label
        )
    alike = sorted(sorted(group) for group in spellings.values() if len(group) > 1)
    for group in alike[:KEPT_PER_CODE]:
        verdict.warn(
            "label_spelling",
            f"{', '.join(repr(label[:40]) for label in group[:5])} are classes of their own, "
            "because labels are text. Write them alike if they are one.",
            None,
            column,
        )


def _check_classes(counts: Counter[str], column: str, limits: Limits, verdict: Verdict) -> set[str]:
    """The classes whose rows are left out."""
    if len(counts) > limits.classes:
        verdict.refuse(
            "too_many_classes",
            f"{len(counts):,} different labels; {limits.classes} is the most. Is this the target? "
            "A measured quantity is no class.",
            column=column,
            mend=f"{remedy.DROP} --target COLUMN",
        )
        return set()
    if len(counts) == 1:
        verdict.refuse(
            "single_class",
            "every row has the same label, so nothing can be learnt. Add rows with others.",
            column=column,
            mend=remedy.FULLER,
        )
    if max(map(len, counts)) > MAX_LABEL:
        verdict.refuse(
            "label_too_long",
            f"labels longer than {MAX_LABEL} characters: free text is no class.",
            column=column,
            mend=f"{remedy.DROP} --target COLUMN",
        )
    rare = {label for label, rows in counts.items() if rows < limits.min_class_rows}
    if rare and len(counts) > 1:
        _tell_rare(rare, counts, column, limits, verdict)
    return rare


def _tell_rare(
    rare: set[str], counts: Counter[str], column: str, limits: Limits, verdict: Verdict
) -> None:
    rows = sum(counts[label] for label in rare)
    others = len(counts) - len(rare) > 1
    if rows < limits.rare_share * counts.total() and others:
        verdict.warn(
            "rare_class",
            f"{counted(rows, 'row')} left out: "
            f"{counted(len(rare), 'class of theirs has', 'classes of theirs have')} fewer than "
            f"{limits.min_class_rows}.",
            column=column,
        )
        return
    share = math.floor(rows / counts.total() * 1_000 + 1) / 1_000  # a little more than it is
    mend = limits_line("rare_share", share) if others else remedy.FULLER
    for label in sorted(rare):
        verdict.refuse(
            "rare_class",
            f"class {toml(label[:40])} has {counted(counts[label], 'row')}; "
            f"{limits.min_class_rows} is the least. {_meant(label, counts.keys() - rare)}"
            "Add rows of it, or leave it out.",
            column=column,
            mend=mend,
        )


def _meant(label: str, others: Set[str]) -> str:
    """What a mistyped label may be."""
    known = {other.casefold(): other for other in sorted(others)}
    near = nearest(label.casefold(), list(known))
    return f"Is it {toml(known[near][:40])}, mistyped? " if near else ""
