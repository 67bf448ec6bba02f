"""Which rows a model is judged by: fixed by what is in a row, so that drop after drop agrees.

A row is held out when its hash falls into the lowest fifth. So it is held out in every later drop
that has it, equal rows are on one side, and no random number has a say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.core.errors import DatasetRejected, Finding
from shared.training import rowhash
from shared.training.dataset import Dataset, Floats, Mask, Rows
from shared.training.rowhash import Hashes

HASH, TIME, GROUP = "hash", "time", "group"

SHARE = 0.2
MOST_TEST_ROWS = 100_000
"""More rows tell nothing more; they are better trained on."""

MANY_ROWS = 1_000
"""From here on a fifth says enough, and the deployed model never sees it."""

PLENTY_ROWS = 5_000
RARE = 25
"""A class with fewer rows needs all of them to be judged by, while five fits are cheap."""

FEW_UNITS = 50
"""With fewer different rows than this, equal ones are observations of their own."""

OFTEN = 0.01
FEW_TIMES = 4
"""A row that repeats more often than both is an observation each time: whole, it would fill the
hold-out or be missed in it."""

_SALT = 1


@dataclass(frozen=True)
class Plan:
    """Where the model is fitted and judged. test is empty where cross-validation judges.

    hashes: of all rows. units: rows with equal numbers stay on one side. why: one sentence for the
    report. refit: what goes live is fitted anew on all rows, once a model of `train` is judged.
    """

    train: Rows
    test: Rows
    hashes: Hashes
    units: Hashes
    split: str
    why: str
    refit: bool = False

    @property
    def holds_out(self) -> bool:
        """Whether some rows are kept from the model that is deployed."""
        return len(self.test) > 0

    @property
    def refits(self) -> bool:
        """Whether the deployed model is another one than that which is judged."""
        return self.refit and self.holds_out

    @property
    def deployed(self) -> Rows:
        """The rows that the deployed model is fitted on."""
        return np.arange(len(self.hashes)) if self.refits else self.train


def hold_out(dataset: Dataset, split: str = HASH) -> Rows:
    """The rows that the deployed model is never fitted on; none where there are too few."""
    return plan(dataset, split).test


def plan(dataset: Dataset, split: str = HASH) -> Plan:
    """How to judge a model of these rows. Raises DatasetRejected for a split that cannot be."""
    hashes = rowhash.hashes(dataset)
    if split == TIME:
        return _by_time(dataset, hashes)
    units, why_units = _units(dataset, split, hashes)
    if why := _too_few(dataset):
        return _plan(np.zeros(len(dataset), dtype=bool), hashes, units, split, why + why_units)
    test = _repaired(_lowest(units, _share(len(dataset))), dataset, units)
    percent = round(100 * float(test.mean()))
    why = f"{percent} % of the rows are held out by hash{why_units}"
    return _plan(test, hashes, units, split, why)


def bad_split(what: str) -> DatasetRejected:
    """The refusal of a split that the data does not allow."""
    mend = 'In model.toml name another split_column, or write split = "hash"'
    return DatasetRejected(Finding("bad_split", f"{what}. {mend}"))


def _plan(test: Mask, hashes: Hashes, units: Hashes, split: str, why: str) -> Plan:
    return Plan(np.flatnonzero(~test), np.flatnonzero(test), hashes, units, split, f"{why}.")


def _too_few(dataset: Dataset) -> str:
    """Why a hold-out would be too small to judge by; empty if it is not."""
    rows = len(dataset)
    if rows < MANY_ROWS:
        return f"{rows} rows are too few to hold some out: cross-validation"
    if rows < PLENTY_ROWS and dataset.is_classification:
        rarest = int(np.bincount(dataset.target.astype(np.int32)).min())
        if rarest < RARE:
            return f"the rarest class has {rarest} rows: cross-validation"
    return ""


def _share(rows: int) -> float:
    """Falls as rows grow, never rises: a row that was trained on is not held out later."""
    return min(SHARE, MOST_TEST_ROWS / rows)


def _units(dataset: Dataset, split: str, units: Hashes) -> tuple[Hashes, str]:
    if split == GROUP:
        return _groups(dataset), "; each group on one side"
    _, inverse, counts = np.unique(units, return_inverse=True, return_counts=True)
    if len(counts) < FEW_UNITS and len(counts) <= len(dataset) / 2:
        why = f"; the features have {len(counts)} different rows only, so equal ones are split"
        return _each_its_own(units), why
    often = counts > max(OFTEN * len(dataset), FEW_TIMES)
    if often.any():
        why = f"; equal rows on one side, but for {often.sum()} that repeat very often"
        return np.where(often[inverse], _each_its_own(units), units), why
    return units, "; equal rows on one side"


def _groups(dataset: Dataset) -> Hashes:
    if dataset.group is None or len(np.unique(dataset.group)) < 2:
        raise bad_split("a split by group needs a column with two groups or more")
    names = dataset.group_names or tuple(map(str, range(int(dataset.group.max()) + 1)))
    return rowhash.of_names(dataset.group, names)


def _each_its_own(units: Hashes) -> Hashes:
    """Number the equal ones, in the dataset's own order."""
    order = np.argsort(units, kind="stable")
    ordered = units[order]
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    start = np.maximum.accumulate(np.where(first, np.arange(len(units)), 0))
    own = np.empty_like(units)
    own[order] = rowhash.again(ordered, 1) + (np.arange(len(units)) - start).astype(np.uint64)
    return rowhash.again(own, 1)


def _lowest(units: Hashes, share: float) -> Mask:
    """The rows in the lowest part of all hashes; of few big units the first that fill it."""
    ranks = rowhash.again(units, _SALT)
    test = ranks < np.uint64(int(share * 2**64))
    if not _off(test, share):
        return test
    numbers, inverse, counts = np.unique(ranks, return_inverse=True, return_counts=True)
    filled = np.cumsum(counts) - counts < share * len(units)
    filled[-1] = filled[-1] and len(numbers) < 2
    return np.asarray(filled[inverse])


def _off(test: Mask, share: float) -> bool:
    return not share / 2 <= float(test.mean()) <= share * 2


def _repaired(test: Mask, dataset: Dataset, units: Hashes) -> Mask:
    """With rows of every class on both sides, where the class has units for it."""
    if not dataset.is_classification:
        return test
    ranks = rowhash.again(units, _SALT)
    for code in np.unique(dataset.target):
        mine = dataset.target == code
        rows = int(mine.sum())
        wanted = min(5, rows // 4)
        if int((mine & test).sum()) < wanted:
            test = test | (ranks <= np.sort(ranks[mine])[wanted - 1]) & np.isin(units, units[mine])
        if not (mine & ~test).any() and rows > 1:
            test = test & (units != units[mine][np.argmax(ranks[mine])])
    return test


def _by_time(dataset: Dataset, hashes: Hashes) -> Plan:
    """The last fifth by time, whatever the size: the future is never trained on."""
    times = dataset.order_by
    test = np.zeros(len(dataset), dtype=bool) if times is None else _latest(times)
    train_classes = len(np.unique(dataset.target[~test]))
    if not test.any() or test.all() or train_classes < 2:
        raise bad_split(
            "a split by time needs a column with different times, and two classes or values in "
            "the earlier part"
        )
    percent = round(100 * float(test.mean()))
    return _plan(test, hashes, hashes, TIME, f"the latest {percent} % of the rows are held out")


def _latest(times: Floats) -> Mask:
    """At least the share's rows; those of one time stay together, those without any are trained."""
    known = np.sort(times[~np.isnan(times)])
    if not len(known):
        return np.zeros(len(times), dtype=bool)
    cut = known[len(known) - max(1, int(_share(len(times)) * len(known)))]
    test: Mask = times >= cut
    later: Mask = times > cut
    return test if test.mean() <= 0.5 else later
