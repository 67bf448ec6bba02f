"""Which estimator a dataset gets: the one named, or the winner of a small cross-validation.

The effort is counted in work and never in seconds, so that a second attempt decides the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from shared.core.errors import DatasetRejected
from shared.core.suggestion import nearest
from shared.training.dataset import Dataset, NumericColumn, Rows
from shared.training.fitting import account, estimator
from shared.training.fitting.catalogue import Choice, Entry, candidates, named, rejected
from shared.training.fitting.estimator import Fitted
from shared.training.fitting.trial import Questions, Trial
from shared.training.fold import FIRST_DEAL, Fold, dealt, forward
from shared.training.rowhash import Hashes

AUTO = "auto"
BUDGET = 5_000_000
"""Work a candidate: rows x inputs x classes x fits. A larger dataset is compared on a sample."""
MOST_ROWS = 5_000
LEAST_ROWS = 300
"""Rows that candidates are compared on, at the most and, however wide they are, at the least."""
FOLDS, FOLDS_OF_MANY, MANY_ROWS = 5, 3, 1_000
FOLDS_FORWARD = 2
"""Stretches of a quarter each, after as much as twice to three times that: like the hold-out."""
SMALL_SAMPLE = 4
"""Where there are this many times the rows that are compared, ties go to the later candidate: it
is the more flexible one, and what it has not seen yet will help it more."""
LEAD = 1.0
"""Standard errors of the difference by which the seed's estimator must be beaten."""
DOUBT, EARLY_DOUBT = 1.0, 1.5
"""Standard errors: so much behind, one is stopped (in the first half of the folds by the second),
or loses a tie that would be its own."""


class Wishes(Protocol):
    """What the model's configuration says about the estimator."""

    @property
    def estimator(self) -> str:
        """A name, or "auto"."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Of the estimator that is named."""

    @property
    def class_weight(self) -> str | Mapping[str, float]:
        """ "", "balanced", or weights by class."""


@dataclass(frozen=True)
class Selection:
    """The choice, the reason in words, and each candidate's figures.

    fitted: of the only candidate that was tried what each fold made. (Of several, the folds that
    one was chosen by would flatter it.)
    """

    choice: Choice
    why: str
    scores: list[dict[str, Any]]
    fitted: list[tuple[Rows, Fitted]] = field(default_factory=list, repr=False, compare=False)


def select(dataset: Dataset, configuration: Wishes, rows: Rows | None, units: Hashes) -> Selection:
    """Choose an estimator from the rows that train (None: all). Raises DatasetRejected.

    units: of all rows; those with equal ones stay in one fold.
    """
    weight = _weight(dataset, configuration)
    if configuration.estimator == AUTO:
        if configuration.parameters:
            raise rejected('parameters belong to an estimator: name one beside them, not "auto".')
        taken = np.arange(len(dataset)) if rows is None else rows
        with np.errstate(all="ignore"):
            return _Contest(dataset, taken, units, weight).run()
    choice = named(
        configuration.estimator,
        dict(configuration.parameters),
        classifies=dataset.is_classification,
        class_weight=weight,
    )
    return Selection(choice, f"model.toml asks for {choice.name}.", [])


def _weight(dataset: Dataset, configuration: Wishes) -> str | dict[str, float] | None:
    """The class weight that is asked for. Raises DatasetRejected for a class that there is not."""
    asked = configuration.class_weight
    if not asked:
        return None
    if dataset.schema.classes is None:
        raise rejected("class_weight is for classes, and the target is a number: take it out.")
    if isinstance(asked, str):
        return asked
    for name in asked:
        if name not in dataset.schema.classes:
            known = {label.casefold(): label for label in dataset.schema.classes}
            near = nearest(name[:80].casefold(), list(known))
            hint = f" Did you mean {known[near]!r}?" if near else ""
            raise rejected(f"class_weight names {name[:80]!r}, which is no class.{hint}")
    return dict(asked)


class _Contest:
    """Quick candidates one after the other, then the slow ones fold by fold beside the leader.

    A later one leads if its figure is better; from the first classifier, the seed's, only if it is
    better by more than chance.
    """

    def __init__(
        self, dataset: Dataset, rows: Rows, units: Hashes, weight: str | dict[str, float] | None
    ) -> None:
        self.dataset, self.weight, self.taken = dataset, weight, rows
        self.rows = len(rows)
        self.asks = Questions(dataset, rows, _folds(dataset, rows, units))
        self.compared = self.asks.rows
        self.sampled = self.rows >= SMALL_SAMPLE * self.compared
        self.left_out: list[str] = []
        self.trials: list[Trial] = []

    def run(self) -> Selection:
        """The selection."""
        every = candidates(classifies=self.dataset.is_classification)
        entries = [entry for entry in every if entry.auto and self._fits(entry)]
        leader = self._quick(entries) if self.asks.folds else None
        enough = self._enough(leader)
        if self.asks.folds and not enough:
            leader = self._slow(entries, leader)
        if leader is None:
            return self._first_that_fits(entries)
        fitted = leader.fitted if len(self.trials) == 1 else []
        scores = account.scores(self.asks, self.trials, leader)
        return Selection(leader.choice, self._why(leader, enough=enough), scores, fitted)

    def _quick(self, entries: list[Entry]) -> Trial | None:
        """The leader of those that cost little, until the errors left are too few."""
        leader: Trial | None = None
        for entry in entries:
            if entry.slow or self._enough(leader):
                continue
            trial = self._trial(entry)
            while not trial.out and len(trial.lost) < len(self.asks.folds):
                self.asks.ask(trial)
                if leader and not self.asks.answered(trial):
                    self._stop(trial, leader)
            if not trial.out and (leader is None or self._leads(trial, leader)):
                leader = trial
        return leader

    def _slow(self, entries: list[Entry], leader: Trial | None) -> Trial | None:
        """Each fold is asked of all that are left; who is clearly behind the best is stopped."""
        left = [self._trial(entry) for entry in entries if entry.slow]
        left = [leader, *left] if leader else left
        for number in range(1, len(self.asks.folds) + 1):
            for trial in left:
                if len(trial.lost) < number:
                    self.asks.ask(trial)
            left = [trial for trial in left if not trial.out]
            if number == len(self.asks.folds) or not left:
                break
            best = min(left, key=lambda trial: self.asks.losses(trial, number).mean)
            for trial in left:
                self._stop(trial, best, number)
            left = [trial for trial in left if not trial.out]
            if len(left) == 1:
                return left[0]
        for trial in left:
            if trial is not leader and (leader not in left or self._leads(trial, leader)):
                leader = trial
        return leader

    def _trial(self, entry: Entry) -> Trial:
        self.trials.append(Trial(Choice(entry.name, {}, self.weight), keeps=not self.trials))
        return self.trials[-1]

    def _enough(self, leader: Trial | None) -> bool:
        """Whether even half the leader's errors could not be told from its own."""
        if leader is None or not self.dataset.is_classification:
            return False
        return not self.asks.losses(leader).could_be_told_from_half()

    def _stop(self, trial: Trial, leader: Trial, folds: int | None = None) -> None:
        """Who is behind by a standard error on the folds so far."""
        if trial.out or trial is leader:
            return
        folds = folds or len(trial.lost)
        mine, before = self.asks.losses(trial, folds), self.asks.losses(leader, folds)
        doubt = EARLY_DOUBT if folds < len(self.asks.folds) / 2 else DOUBT
        if mine.lead(before) <= -doubt:
            trial.out = account.behind(self.asks, mine, before, folds)

    def _leads(self, trial: Trial, leader: Trial) -> bool:
        ahead = self.asks.losses(trial).lead(self.asks.losses(leader))
        if self.sampled:
            return ahead > -DOUBT
        seeds = self.dataset.is_classification and leader.choice.name == account.SEEDS
        return ahead > (LEAD if seeds else 0.0)

    def _first_that_fits(self, entries: list[Entry]) -> Selection:
        """Where the rows are too few or too alike to be compared on."""
        for entry in entries:
            choice = Choice(entry.name, {}, self.weight)
            try:
                estimator.fit(self.dataset, self.taken, choice)
            except DatasetRejected:
                continue
            return Selection(
                choice,
                f"{entry.name}, the first that fits: the rows are too few or too alike to compare.",
                account.scores(self.asks, self.trials, None),
            )
        raise estimator.nothing_fits([entry.name for entry in entries])

    def _fits(self, entry: Entry) -> bool:
        if entry.most_rows is not None and self.rows > entry.most_rows:
            self.left_out.append(f"{entry.name} (above {entry.most_rows:,} rows it takes too long)")
            return False
        if entry.largest < self._largest():
            self.left_out.append(f"{entry.name} (the data has larger numbers than it can take)")
            return False
        return True

    def _why(self, leader: Trial, *, enough: bool) -> str:
        kept = self.dataset.order_by is not None, self.dataset.group is not None
        told = [
            account.chosen(self.asks, self.trials, leader, *kept),
            f" of {self.rows:,}. " if self.compared < self.rows else ". ",
            account.rule(self.asks, self.trials, leader, enough=enough, sampled=self.sampled),
            f" Left out: {'; '.join(self.left_out)}." if self.left_out else "",
        ]
        return "".join(told)

    def _largest(self) -> float:
        columns = [c.values for c in self.dataset.columns if isinstance(c, NumericColumn)]
        return max((float(np.nanmax(np.abs(v), initial=0.0)) for v in columns), default=0.0)


def _folds(dataset: Dataset, rows: Rows, units: Hashes) -> list[Fold]:
    """As the model will be judged: forward in time where the split is by time."""
    count = min(FOLDS if len(rows) <= MANY_ROWS else FOLDS_OF_MANY, max(2, len(rows) // 2))
    classes = len(dataset.schema.classes or ()) or 1
    budget = BUDGET // max(1, len(dataset.columns) * classes * count)
    most = max(LEAST_ROWS, min(MOST_ROWS, budget))
    made: list[Fold] = []
    if dataset.order_by is not None:
        made = forward(dataset, dataset.order_by, rows, FOLDS_FORWARD, most)
    return made or dealt(dataset, rows, units, count, FIRST_DEAL, most)
