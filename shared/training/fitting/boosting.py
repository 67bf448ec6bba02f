"""Boosted trees from many rows: learnt from bins that are made block by block.

scikit-learn's own fit is given the whole matrix of doubles and makes bins of a byte from it, so
that a large table is in memory twice. The trees need the bins only. This reaches into its private
parts, of the version that is pinned; a test holds the model to be equal, byte for byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.utils import check_random_state

from shared.training.dataset import Dataset, Rows
from shared.training.fitting.encoder import Encoder

BLOCK = 65_536
"""Rows that are there as doubles at once."""

_KINDS = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)


def learns_from_bins(model: Any) -> bool:
    """Whether `fit` below can stand for the model's own: it is never to hold rows back itself."""
    return isinstance(model, _KINDS) and model.early_stopping is False


def fit(
    model: Any, encoder: Encoder, dataset: Dataset, rows: Rows, weights: Any, block: int = BLOCK
) -> None:
    """Fit on some rows of a dataset. weights: of each, or None."""

    def binned(_: Any, is_training_data: bool) -> npt.NDArray[np.uint8]:
        assert is_training_data
        return _bins(model._bin_mapper, encoder, dataset, rows, block)

    nothing = np.broadcast_to(np.zeros(encoder.width), (len(rows), encoder.width))
    target, names = _ranked(dataset, rows)
    model._bin_data = binned
    try:
        model.fit(nothing, target, sample_weight=weights)
    finally:
        del model._bin_data
    if names is not None:
        model.classes_ = names[model.classes_]


def _ranked(dataset: Dataset, rows: Rows) -> tuple[Any, Any]:
    """Numbers to learn, and the names that they stand for: as text they take far more memory."""
    target = dataset.target[rows]
    if dataset.schema.classes is None:
        return target, None
    names, ranks = np.unique(np.array(dataset.schema.classes), return_inverse=True)
    return ranks[target], names


def _bins(
    mapper: Any, encoder: Encoder, dataset: Dataset, rows: Rows, block: int
) -> npt.NDArray[np.uint8]:
    """(rows, columns), the bins chosen from the rows that scikit-learn would choose them from."""
    sample = rows
    if mapper.subsample is not None and len(rows) > mapper.subsample:
        chance = check_random_state(mapper.random_state)
        sample = rows[chance.choice(len(rows), mapper.subsample, replace=False)]
    mapper.fit(encoder.matrix(dataset, sample))
    made = np.empty((len(rows), encoder.width), np.uint8, order="F")
    for start in range(0, len(rows), block):
        part = rows[start : start + block]
        made[start : start + block] = mapper.transform(encoder.matrix(dataset, part))
    return made
