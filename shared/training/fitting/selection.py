"""Which estimator a dataset gets: the one named, or the winner of a small cross-validation.

The effort is counted in work and never in seconds, so that a second attempt decides the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from shared.core.artifact import nearest
from shared.core.errors import DatasetRejected
from shared.training.dataset import Dataset, NumericColumn, Rows
from shared.training.fitting import estimator
from shared.training.fitting.catalogue import Choice, Entry, candidates, named, rejected
from shared.training.fitting.contest import Losses
from shared.training.fitting.estimator import Fitted
from shared.training.fold import FIRST_DEAL, Fold, dealt, forward
from shared.training.rowhash import Hashes

AUTO = "auto"
SEEDS = "SVC"
"""The estimator that ties go to."""
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
DOUBT = 1.0
"""Standard errors: so much behind, one is stopped, or loses a tie that would be its own."""


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
    """Candidates in turn. A later one leads if its figure is better; from the first classifier, the
    seed's, only if it is better by more than chance."""

    def __init__(
        self, dataset: Dataset, rows: Rows, units: Hashes, weight: str | dict[str, float] | None
    ) -> None:
        self.dataset, self.weight, self.taken = dataset, weight, rows
        self.rows = len(rows)
        self.folds = _folds(dataset, rows, units)
        self.compared = sum(len(fold.test) for fold in self.folds)
        self.sampled = self.rows >= SMALL_SAMPLE * self.compared
        size = 0.0 if dataset.is_classification else float(np.abs(dataset.target[rows]).max())
        self.scale = size or 1.0  # the square of a square of a large number is none
        self.left_out: list[str] = []
        self.scores: list[dict[str, Any]] = []
        self.fitted: list[tuple[Rows, Fitted]] = []

    def run(self) -> Selection:
        """The selection."""
        every = candidates(classifies=self.dataset.is_classification)
        entries = [entry for entry in every if entry.auto and self._fits(entry)]
        leader: tuple[Choice, Losses] | None = None
        enough = False
        for entry in entries:
            if (
                leader
                and self.dataset.is_classification
                and not leader[1].could_be_told_from_half()
            ):
                enough = True
                break
            choice = Choice(entry.name, {}, self.weight)
            losses = self._losses(choice, leader[1] if leader else None)
            if losses is not None and (leader is None or self._leads(losses, leader)):
                leader = choice, losses
        if leader is None:
            return self._first_that_fits(entries)
        why = self._why(leader[0].name, enough=enough)
        fitted = self.fitted if len(self.scores) == 1 else []
        return Selection(leader[0], why, self.scores, fitted)

    def _leads(self, losses: Losses, leader: tuple[Choice, Losses]) -> bool:
        if self.sampled:
            return losses.lead(leader[1]) > -DOUBT
        seeds = self.dataset.is_classification and leader[0].name == SEEDS
        return losses.lead(leader[1]) > (LEAD if seeds else 0.0)

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
                self.scores,
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

    def _largest(self) -> float:
        columns = [c.values for c in self.dataset.columns if isinstance(c, NumericColumn)]
        return max((float(np.nanmax(np.abs(v), initial=0.0)) for v in columns), default=0.0)

    def _losses(self, choice: Choice, leader: Losses | None) -> Losses | None:
        """Over all folds; None as soon as it is clearly behind the leader on the folds so far."""
        if not self.folds:
            return None
        found: list[Any] = []
        end = 0
        for fold in self.folds:
            try:
                fitted = estimator.fit(self.dataset, fold.train, choice, self.taken)
            except DatasetRejected as error:
                self._score(choice, None, 0, error.findings[0].message)
                return None
            if not self.scores:
                self.fitted.append((fold.train, fitted))
            found.append(self._lost(fitted.predict(self.dataset, fold.test), fold.test))
            end += len(fold.test)
            so_far = self._made(found)
            if leader is not None and end < self.compared:
                before = Losses(leader.values[:end], leader.strata[:end])
                if so_far.lead(before) <= -DOUBT:
                    self._score(choice, None, len(found), self._behind(so_far, before, len(found)))
                    return None
        if not np.isfinite(so_far.mean):
            self._score(choice, None, len(found), "its answers are no numbers")
            return None
        self._score(choice, so_far, len(found), "")
        return so_far

    def _lost(self, predicted: Any, asked: Rows) -> Any:
        truth = self.dataset.target[asked]
        if self.dataset.is_classification:
            return (predicted != truth).astype(float)
        return ((predicted - truth) / self.scale) ** 2

    def _made(self, found: list[Any]) -> Losses:
        values = np.concatenate(found)
        if not self.dataset.is_classification:
            return Losses(values, np.zeros(len(values), dtype=np.int32))
        asked = [self.dataset.target[fold.test] for fold in self.folds[: len(found)]]
        strata = np.concatenate(asked)
        return Losses(values, strata.astype(np.int32))

    def _score(self, choice: Choice, losses: Losses | None, fits: int, note: str) -> None:
        score: dict[str, Any] = {"name": choice.name, "fits": fits}
        if losses is not None:
            key = "balanced_accuracy" if self.dataset.is_classification else "rmse"
            score[key] = self._figure(losses)
        if note:
            score["note"] = note
        self.scores.append(score)

    def _figure(self, losses: Losses) -> float:
        if self.dataset.is_classification:
            return round(1 - losses.mean, 6)
        return float(f"{losses.mean**0.5 * self.scale:.6g}")

    def _behind(self, mine: Losses, leaders: Losses, folds: int) -> str:
        """A figure of some folds is no figure beside those of all."""
        on = f"the first {folds} of" if folds > 1 else "the first of"
        return (
            f"stopped: {self._figure(mine):.4g} against the leader's {self._figure(leaders):.4g} "
            f"on {on} {len(self.folds)} folds"
        )

    def _why(self, name: str, *, enough: bool) -> str:
        told = [
            f"{name} was chosen among {', '.join(score['name'] for score in self.scores)} "
            f"by {self._how()} on {self.compared:,} rows"
            + (f" of {self.rows:,}." if self.compared < self.rows else ".")
        ]
        if enough:
            told.append(
                "No other was tried: even half its errors could not be told from chance here."
            )
        else:
            told.append(self._rule())
        if self.left_out:
            told.append(f"Left out: {'; '.join(self.left_out)}.")
        return " ".join(told)

    def _rule(self) -> str:
        if self.sampled:
            return "A tie went to the later one, which gains more from the other rows."
        if any(score["name"] == SEEDS for score in self.scores):
            return f"The best figure won; {SEEDS} had to be beaten by a standard error."
        return "The best figure won."

    def _how(self) -> str:
        number = f"{len(self.folds)}-fold cross-validation"
        if self.dataset.order_by is not None:
            return f"{number} forward in time"
        return f"{number}, each group in one fold," if self.dataset.group is not None else number


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
