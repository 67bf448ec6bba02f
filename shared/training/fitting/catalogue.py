"""The estimators that dropserve knows by name, what each needs before it, and up to which size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import SVC, SVR

from shared.core.errors import DatasetRejected, Finding
from shared.core.suggestion import nearest

SEED = 0
"""The random state of everything in this room."""


@dataclass(frozen=True)
class Choice:
    """An estimator by its name in the catalogue, and the parameters that differ from its defaults.

    class_weight: "balanced", or a weight for each class by name; None: every row counts the same.
    """

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    class_weight: str | dict[str, float] | None = None


@dataclass(frozen=True)
class Entry:
    """One estimator of the catalogue.

    make: its scikit-learn class; defaults: its parameters here; scaled: numbers are standardised
    before it; imputed: it cannot take gaps; ordinal: categories become ranks (trees) and not one
    column each; sparse: it learns from a sparse matrix as well; auto: whether `auto` tries it,
    slow: fold by fold beside others; most_rows: up to which size (None: any); largest: the largest
    magnitude of a number that it can take.
    """

    name: str
    make: Callable[..., Any]
    classifies: bool
    defaults: dict[str, Any]
    scaled: bool = False
    imputed: bool = True
    ordinal: bool = False
    sparse: bool = False
    auto: bool = True
    slow: bool = False
    most_rows: int | None = None
    largest: float = float("inf")

    def unfitted(self, choice: Choice) -> Any:
        """The estimator with its parameters. Raises DatasetRejected for one it does not have."""
        taken = sorted(set(choice.parameters) & set(NOT_PARAMETERS))
        if taken:
            raise rejected(f"leave out the parameter {taken[0]}: {NOT_PARAMETERS[taken[0]]}.")
        known = self.make().get_params()
        unknown = sorted(set(choice.parameters) - set(known))
        if unknown:
            near = nearest(unknown[0], list(known))
            hint = f"Did you mean {near!r}?" if near else f"It has {', '.join(sorted(known))}."
            raise rejected(f"{self.name} has no parameter {unknown[0]!r}. {hint}")
        return self.make(**{**self.defaults, **choice.parameters})


FLOAT32 = 3e38
NOT_PARAMETERS = {
    "probability": "an SVC has calibrated probabilities without it, which agree with its labels",
    "class_weight": "it is a key of its own in model.toml",
    "n_jobs": "the number of threads is the machine's matter",
    "categorical_features": "text columns are encoded before the estimator",
    "verbose": "nobody reads it",
}
"""Parameters that are not a person's, and why."""

BOOSTING: dict[str, Any] = {"early_stopping": False, "random_state": SEED}
"""Stopping early would hold back a tenth of the rows, in a second copy of the matrix."""

GENTLE: dict[str, Any] = {"learning_rate": 0.05, "max_iter": 200, "max_leaf_nodes": 15}
"""Smaller trees in smaller steps, at the same cost: better where there is much noise."""

ENTRIES = (
    Entry("SVC", SVC, True, {"gamma": "auto", "random_state": SEED}, most_rows=5_000),
    Entry(
        "LogisticRegression",
        LogisticRegression,
        True,
        {"max_iter": 1_000},
        scaled=True,
        sparse=True,
    ),
    Entry("ScaledSVC", SVC, True, {"random_state": SEED}, scaled=True, most_rows=5_000),
    Entry(
        "RandomForestClassifier",
        RandomForestClassifier,
        True,
        {"random_state": SEED},
        ordinal=True,
        slow=True,
        most_rows=20_000,
        largest=FLOAT32,
    ),
    Entry(
        "GentleBoostingClassifier",
        HistGradientBoostingClassifier,
        True,
        BOOSTING | GENTLE,
        imputed=False,
        ordinal=True,
        slow=True,
        most_rows=20_000,
    ),
    Entry(
        "HistGradientBoostingClassifier",
        HistGradientBoostingClassifier,
        True,
        BOOSTING,
        imputed=False,
        ordinal=True,
        slow=True,
    ),
    Entry("Ridge", Ridge, False, {"random_state": SEED}, scaled=True),
    # Named only: unless the target happens to be near 1 in size, its C of 1 is far too small.
    Entry("SVR", SVR, False, {}, scaled=True, auto=False),
    Entry(
        "RandomForestRegressor",
        RandomForestRegressor,
        False,
        {"random_state": SEED},
        ordinal=True,
        slow=True,
        most_rows=20_000,
        largest=FLOAT32,
    ),
    Entry(
        "GentleBoostingRegressor",
        HistGradientBoostingRegressor,
        False,
        BOOSTING | GENTLE,
        imputed=False,
        ordinal=True,
        slow=True,
        most_rows=20_000,
    ),
    Entry(
        "HistGradientBoostingRegressor",
        HistGradientBoostingRegressor,
        False,
        BOOSTING,
        imputed=False,
        ordinal=True,
        slow=True,
    ),
)
BY_NAME = {entry.name: entry for entry in ENTRIES}


def candidates(*, classifies: bool) -> list[Entry]:
    """What can be named for a task; in the order in which `auto` tries them."""
    return [entry for entry in ENTRIES if entry.classifies == classifies]


def named(
    name: str,
    parameters: dict[str, Any] | None = None,
    *,
    classifies: bool,
    class_weight: str | dict[str, float] | None = None,
) -> Choice:
    """The choice that a person made by name. Raises DatasetRejected, with the nearest name."""
    known = {entry.name.casefold(): entry.name for entry in candidates(classifies=classifies)}
    suffix = "classifier" if classifies else "regressor"
    plain = name.strip().casefold().replace("_", "")
    full = known.get(plain) or known.get(plain + suffix)
    if full is None:
        near = nearest(name.casefold(), list(known))
        hint = f"Did you mean {known[near]!r}? " if near else ""
        task = "classification" if classifies else "regression"
        listed = ", ".join(known.values())
        raise rejected(
            f"there is no estimator {name[:80]!r} for {task}. {hint}In model.toml, write "
            f'estimator = "auto" or one of {listed}.'
        )
    choice = Choice(full, dict(parameters or {}), class_weight)
    BY_NAME[full].unfitted(choice)
    return choice


def rejected(message: str) -> DatasetRejected:
    """The refusal of what model.toml says about the estimator."""
    return DatasetRejected(Finding("bad_configuration", f"model.toml: {message}"))
