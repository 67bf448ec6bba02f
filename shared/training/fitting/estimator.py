"""A Dataset and a choice to a fitted estimator of scikit-learn's own classes, by position."""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import config_context
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_sample_weight

from shared.core.errors import DatasetRejected, Finding
from shared.training.dataset import Codes, Dataset, Floats, Rows
from shared.training.fitting import boosting
from shared.training.fitting import encoder as encoding
from shared.training.fitting.catalogue import BY_NAME, SEED, Choice
from shared.training.fitting.encoder import Encoder
from shared.training.fitting.thread import MOST_CELLS, threads

__all__ = ["SEED", "Choice", "Fitted", "fit"]

FOLDS, FOLDS_OF_MANY, MANY_ROWS = 5, 3, 1_000
"""Folds from which an SVC's probabilities are calibrated; fewer where there are many rows."""

LABEL_IS_LIKELIEST = (
    CalibratedClassifierCV,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
"""Whose own `predict` is the class of the largest probability, so that one answer gives both."""

Labels = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Fitted:
    """A fitted choice. estimator: what `model.joblib` holds, all of it plain scikit-learn.

    encoder, model: the same in two parts, for predicting from typed columns.
    """

    choice: Choice
    estimator: Any
    encoder: Encoder
    model: Any
    classes: tuple[str, ...] | None
    last: list[tuple[str, Dataset, Rows | None, Any]] = field(
        default_factory=list, repr=False, compare=False
    )

    def predict(self, dataset: Dataset, rows: Rows | None = None) -> Codes | Floats:
        """Codes into the schema's classes, or numbers."""
        if isinstance(self.model, LABEL_IS_LIKELIEST):
            chances = self._once("predict_proba", dataset, rows)
            likeliest: Codes = self.codes[chances.argmax(axis=1)]
            return likeliest
        made = self._once("predict", dataset, rows)
        if self.classes is None:
            numbers: Floats = made
            return numbers
        codes: Codes = self.codes[np.searchsorted(self.model.classes_, made)]
        return codes

    def probabilities(self, dataset: Dataset, rows: Rows | None = None) -> Floats | None:
        """(rows, classes of the schema), or None where the estimator has none."""
        if self.classes is None or not hasattr(self.model, "predict_proba"):
            return None
        made = np.zeros((len(dataset) if rows is None else len(rows), len(self.classes)))
        made[:, self.codes] = self._once("predict_proba", dataset, rows)
        return made

    def describe(self) -> dict[str, Any]:
        """The estimator as the model card names it."""
        entry = BY_NAME[self.choice.name]
        told: dict[str, Any] = {
            "name": entry.make.__name__,
            "parameters": {**entry.defaults, **self.choice.parameters},
        }
        if self.choice.name != told["name"]:
            told["chosen_as"] = self.choice.name
        if any(name == "impute" for name, _ in self.encoder.steps):
            told["impute"] = "median"
        if entry.scaled:
            told["scaled"] = True
        if self.encoder.texts:
            told["categories"] = "ranks" if entry.ordinal else "one column each"
        if self.choice.class_weight is not None:
            told["class_weight"] = self.choice.class_weight
        return told

    @property
    def codes(self) -> Codes:
        """The place in the schema's classes of each of the model's, whose own order is theirs."""
        assert self.classes is not None
        index = {name: code for code, name in enumerate(self.classes)}
        return np.array([index[str(name)] for name in self.model.classes_], dtype=np.int32)

    def _once(self, method: str, dataset: Dataset, rows: Rows | None) -> Any:
        """The model's answer. The last one is kept: a large hold-out is asked about repeatedly."""
        for asked, known_dataset, known_rows, answer in self.last:
            if asked == method and known_dataset is dataset and known_rows is rows:
                return answer
        matrix = self.encoder.matrix(dataset, rows)
        cells = matrix.shape[0] * matrix.shape[1]
        with np.errstate(all="ignore"), threads(cells), _checked_once(self.model, matrix):
            answer = getattr(self.model, method)(matrix)
        self.last[:] = [(method, dataset, rows, answer)]
        return answer


def fit(dataset: Dataset, rows: Rows | None, choice: Choice, among: Rows | None = None) -> Fitted:
    """Fit a choice on some rows (None: all).

    among: the rows that these are a fold of, which say what categories are known. Raises
    DatasetRejected where the estimator cannot learn from these rows.
    """
    entry = BY_NAME[choice.name]
    made = entry.unfitted(choice)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", FutureWarning)
            encoder = encoding.fit(dataset, rows, entry, among)
            model = _model(made, choice, encoder, dataset, rows)
            if getattr(model, "n_jobs", None) is not None:
                model.set_params(n_jobs=None)
    except ValueError as error:
        raise _unfit(choice, error) from error
    return Fitted(choice, encoder.around(model), encoder, model, dataset.schema.classes)


def _model(made: Any, choice: Choice, encoder: Encoder, dataset: Dataset, rows: Rows | None) -> Any:
    """The estimator, fitted; around an SVC also what its probabilities come from."""
    taken = np.arange(len(dataset)) if rows is None else rows
    cells = len(taken) * encoder.width
    if cells > MOST_CELLS and boosting.learns_from_bins(made):
        weights = _sample_weights(choice, dataset, rows)
        boosting.fit(made, encoder, dataset, taken, weights)
        return made
    target, weights = _target(dataset, rows), _sample_weights(choice, dataset, rows)
    matrix = encoder.matrix(dataset, rows)
    model = _calibrated(made, target)
    with threads(cells), _checked_once(model, matrix, by_hand=bool(choice.parameters)):
        model.fit(matrix, target, sample_weight=weights)
    return model


def _sample_weights(choice: Choice, dataset: Dataset, rows: Rows | None) -> Any:
    if choice.class_weight is None:
        return None
    target = _target(dataset, rows)
    return compute_sample_weight(_weights(choice, target), target)


def _target(dataset: Dataset, rows: Rows | None) -> Any:
    target = dataset.target if rows is None else dataset.target[rows]
    if dataset.schema.classes is None:
        return target
    return np.array(dataset.schema.classes)[target]


def _weights(choice: Choice, target: Labels) -> str | dict[str, float] | None:
    if isinstance(choice.class_weight, dict):
        return {name: choice.class_weight.get(name, 1.0) for name in map(str, np.unique(target))}
    return choice.class_weight


def _calibrated(model: Any, target: Labels) -> Any:
    """An SVC with probabilities that agree with its labels, as `probability=True` has not."""
    if not isinstance(model, SVC) or model.probability:
        return model
    most = FOLDS if len(target) <= MANY_ROWS else FOLDS_OF_MANY
    folds = min(most, int(np.unique(target, return_counts=True)[1].min()))
    if folds < 2:
        return model
    splitter = StratifiedKFold(folds, shuffle=True, random_state=SEED)
    return CalibratedClassifierCV(model, method="sigmoid", cv=splitter, ensemble=False)


def _checked_once(
    model: Any, matrix: Any, *, by_hand: bool = False
) -> AbstractContextManager[None]:
    """Of a calibrated SVC scikit-learn would check the same numbers and parameters in every part.

    by_hand: the parameters are a person's, and have to be checked.
    """
    if not isinstance(model, CalibratedClassifierCV) or not np.isfinite(matrix).all():
        return nullcontext()
    quick: AbstractContextManager[None] = config_context(
        assume_finite=True, skip_parameter_validation=not by_hand
    )
    return quick


def _unfit(choice: Choice, error: ValueError) -> DatasetRejected:
    return DatasetRejected(
        Finding("unfit", f"{choice.name} cannot learn from this data: {str(error)[:300]}")
    )


def nothing_fits(names: list[str]) -> DatasetRejected:
    """The refusal where no candidate could be fitted."""
    listed = ", ".join(names) or "no estimator"
    return DatasetRejected(Finding("unfit", f"{listed}: none could learn from this data."))
