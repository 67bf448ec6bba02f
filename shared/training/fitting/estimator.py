"""The estimator: scikit-learn's own classes only, fitted by position on plain floats."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from shared.training.reading.number import Numbers

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
