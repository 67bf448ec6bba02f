"""What trainer.py fits until it hands over a typed Dataset; then this module goes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from shared.core.card import Golden

Numbers = np.ndarray
SEED = 0
PARAMETERS: dict[str, Any] = {"gamma": "auto", "random_state": SEED}


def fit(values: Numbers, labels: np.ndarray, *, gaps: bool) -> Any:
    """A fitted `SVC(gamma='auto')`, behind a median imputer where the data has gaps.

    gaps: of the whole data, since a fold without any may be asked about one with some.
    """
    return _unfitted(gaps).fit(values, labels)


def describe(*, gaps: bool) -> dict[str, Any]:
    """The estimator as the model card names it."""
    impute = {"impute": "median"} if gaps else {}
    return {"name": "SVC", "parameters": {**PARAMETERS}, **impute}


def _unfitted(gaps: bool) -> Any:
    classifier = SVC(**PARAMETERS)
    if not gaps:
        return classifier
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    return Pipeline([("impute", imputer), ("classify", classifier)])


QUANTILES = (0.2, 0.4, 0.6, 0.8)
MOST = 16
_NUDGE = 1e-3
_WOBBLE = 1e-6


def golden(fitted: Any, dataset: Any) -> Golden:
    """Instances from quantiles over all rows and within each class, with the model's answers.

    Never a row of the data; never so near a border between classes that rounding could move it.
    """
    made = _rounded(_off_the_data(_made(dataset), dataset.values))
    answers = fitted.predict(made)
    steady = (answers == fitted.predict(made * (1 + _WOBBLE))) & (
        answers == fitted.predict(made * (1 - _WOBBLE))
    )
    return Golden(made[steady].tolist(), answers[steady].tolist())


def _made(dataset: Any) -> Numbers:
    values, labels = dataset.values, dataset.labels
    overall = np.nanquantile(values, QUANTILES, axis=0)
    middles = [
        np.nan_to_num(_median(values[labels == name]), nan=0.0)
        for name in np.unique(labels)[: MOST - len(QUANTILES)]
    ]
    return np.vstack([overall, *middles])


def _median(rows: Numbers) -> Numbers:
    """The median of each column, NaN where a column has gaps only."""
    known = ~np.isnan(rows)
    return np.array(
        [
            np.median(rows[known[:, i], i]) if known[:, i].any() else np.nan
            for i in range(rows.shape[1])
        ]
    )


def _off_the_data(made: Numbers, values: Numbers) -> Numbers:
    """Every instance moved by a hair of each feature's spread, so that it is nobody's row."""
    spread = np.nanmax(values, axis=0) - np.nanmin(values, axis=0)
    hair = np.where(np.isfinite(spread) & (spread > 0), spread, 1.0) * _NUDGE
    return made + hair


def _rounded(values: Numbers) -> Numbers:
    """To six significant digits, so that the card reads well and JSON carries it exactly."""
    return np.array([[float(f"{cell:.6g}") for cell in row] for row in values])
