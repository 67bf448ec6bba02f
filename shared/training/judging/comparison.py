"""Champion against challenger, on rows that neither was fitted on.

Rows that came since the champion was made decide, where there are enough of them: they are what
the model will be asked about, and a rule that changed shows in them first. Where they are few all
rows decide that neither was trained on, but the few can still speak for the challenger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shared.training import rowhash
from shared.training.dataset import Dataset, Mask, Rows
from shared.training.fold import Fold
from shared.training.judging.answer import Answers, answers
from shared.training.judging.champion import Champion
from shared.training.judging.difference import Difference, in_recall, in_rmse
from shared.training.rowhash import Hashes

FEWEST = 20
FEWEST_OF_CLASS = 5
FEWEST_NEW = 100
"""So many new rows decide alone; fewer do where they are half of the rows that can be used."""

MOST_REFITTED = 20_000
"""With more rows another fit of the champion's recipe costs too much."""

NEW = "rows that came since the champion"
UNSEEN = "rows that neither was trained on"
REFITTED = "both recipes, fitted anew on the same rows"
SAME = "the same recipe"


@dataclass(frozen=True)
class Comparison:
    """on: which rows. difference: None where the two cannot be compared, for a reason in words.

    new: the difference on the rows that came since the champion, where they do not decide alone.
    """

    on: str
    difference: Difference | None
    reason: str = ""
    new: Difference | None = None


def compare(
    dataset: Dataset,
    repeats: list[list[Fold]],
    challenger: Answers,
    champion: Champion,
    hashes: Hashes,
) -> Comparison:
    """The fairest comparison that the rows allow. hashes: of the dataset's rows."""
    if reason := champion.why_not(dataset):
        return Comparison("", None, f"the champion cannot be asked: {reason}")
    rows = np.unique(challenger.rows)
    on, usable, new = _usable(dataset, rows, champion, hashes)
    if not len(usable):
        return _by_recipe(dataset, repeats, challenger, champion)
    return _against(dataset, challenger, champion, on, usable, new)


def _usable(
    dataset: Dataset, rows: Rows, champion: Champion, hashes: Hashes
) -> tuple[str, Rows, Rows]:
    """Which rows may decide (none where there are too few), and the new ones that may not alone."""
    none = rows[:0]
    if champion.seen is None:
        return "", none, none
    if set(champion.schema.inputs) != set(dataset.schema.inputs):
        hashes = rowhash.hashes(dataset, champion.schema.inputs)
    known, trained = champion.seen.knows(hashes[rows])
    shared = _shared_classes(dataset, rows, champion)
    new, unseen = ~known & shared, ~trained & shared
    news = rows[new] if _enough(dataset, rows, new, shared) else none
    if len(news) >= min(FEWEST_NEW, unseen.sum() / 2) and len(news):
        return NEW, news, none
    if _enough(dataset, rows, unseen, shared):
        return UNSEEN, rows[unseen], news
    return "", none, none


def _shared_classes(dataset: Dataset, rows: Rows, champion: Champion) -> Mask:
    """Rows of classes that the champion could have answered."""
    if dataset.schema.classes is None or champion.schema.classes is None:
        return np.ones(len(rows), dtype=bool)
    known = np.array([name in champion.schema.classes for name in dataset.schema.classes])
    return np.asarray(known[dataset.target[rows]])


def _enough(dataset: Dataset, rows: Rows, usable: Mask, shared: Mask) -> bool:
    """Whether the usable rows can speak for every class that all rows can speak for."""
    if usable.sum() < FEWEST:
        return False
    if not dataset.is_classification:
        return True
    every = np.bincount(dataset.target[rows][shared])
    some = np.bincount(dataset.target[rows][usable], minlength=len(every))
    return bool((some[every >= FEWEST_OF_CLASS] >= FEWEST_OF_CLASS).all())


def _against(
    dataset: Dataset, challenger: Answers, champion: Champion, on: str, rows: Rows, new: Rows
) -> Comparison:
    try:
        theirs = champion.predict(dataset, rows)
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        kind = type(error).__name__
        return Comparison("", None, f"the champion cannot be asked: its pipeline fails ({kind})")
    baseline = np.zeros(len(rows))
    old = Answers(rows, dataset.target[rows], theirs, None, baseline, once=len(rows))
    on_new = _difference(dataset, challenger, old, new) if len(new) else None
    return Comparison(on, _difference(dataset, challenger, old, rows), new=on_new)


def _by_recipe(
    dataset: Dataset, repeats: list[list[Fold]], challenger: Answers, champion: Champion
) -> Comparison:
    why = "too few rows that the champion was not trained on"
    if champion.same_recipe:
        rows = np.unique(challenger.rows)
        same = _difference(dataset, challenger, challenger, rows)
        return Comparison(SAME, replace(same, by=0.0, at_least=0.0), why)
    if champion.refit is None or len(dataset) > MOST_REFITTED:
        return Comparison("", None, why)
    models = [[champion.refit(fold.train) for fold in folds] for folds in repeats]
    old = answers(dataset, repeats, models)
    return Comparison(REFITTED, _difference(dataset, challenger, old, np.unique(old.rows)), why)


def _difference(dataset: Dataset, new: Answers, old: Answers, rows: Rows) -> Difference:
    truth = dataset.target[rows]
    if not dataset.is_classification:
        first, second = (_mean(answer.predicted, answer, rows) for answer in (old, new))
        return in_rmse(truth.astype(np.float64), first, second, folded=new.folded)
    first, second = (_mean(a.predicted == a.truth, a, rows) for a in (old, new))
    codes = truth.astype(np.int32)
    counted = np.isin(codes, np.flatnonzero(np.bincount(codes) >= min(FEWEST_OF_CLASS, len(rows))))
    if not counted.any():
        counted[:] = True
    return in_recall(codes[counted], first[counted], second[counted], folded=new.folded)


def _mean(values: np.ndarray, given: Answers, rows: Rows) -> np.ndarray:
    """The mean over the repeats of what was answered, for these rows in their order."""
    size = int(max(given.rows.max(), rows.max())) + 1
    total = np.bincount(given.rows, weights=values.astype(np.float64), minlength=size)
    count = np.bincount(given.rows, minlength=size)
    mean: np.ndarray = (total / np.maximum(count, 1))[rows]
    return mean
