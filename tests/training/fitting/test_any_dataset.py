"""Any dataset that reading lets through is fitted or refused; nothing else leaves this room."""

from __future__ import annotations

import io
import json
from typing import Any

import joblib
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.artifacts.writing import dump
from shared.core.configuration import ModelConfiguration
from shared.core.errors import DatasetRejected
from shared.core.schema import Feature, Schema
from shared.training.dataset import CategoricalColumn, Column, Dataset, NumericColumn
from shared.training.fitting.estimator import fit
from shared.training.fitting.golden import golden
from shared.training.fitting.portable import convert
from shared.training.fitting.selection import select
from shared.training.rowhash import hashes

NUMBER = st.one_of(
    st.floats(-1e100, 1e100),
    st.sampled_from([0.0, -0.0, 1.0, 1e100, -1e100, 5e-324, 1e30, float("nan")]),
    st.integers(-3, 3).map(float),
)


@st.composite
def datasets(draw: Any) -> Dataset:
    rows = draw(st.integers(4, 30))
    columns: list[Column] = []
    features = []
    for at in range(draw(st.integers(1, 3))):
        nullable = draw(st.booleans())
        if draw(st.booleans()):
            values = np.array(draw(st.lists(NUMBER, min_size=rows, max_size=rows)))
            if not nullable:
                values = np.nan_to_num(values)
            columns.append(NumericColumn(values))
            features.append(Feature(f"f{at}", nullable=nullable))
        else:
            codes = draw(
                st.lists(st.integers(-1 if nullable else 0, 2), min_size=rows, max_size=rows)
            )
            columns.append(CategoricalColumn(np.array(codes, dtype=np.int32), ("a", "b", "ü")))
            features.append(
                Feature(f"f{at}", "categorical", categories=("a", "b"), nullable=nullable)
            )
    if draw(st.booleans()):
        numbers = draw(st.lists(st.floats(-1e100, 1e100), min_size=rows, max_size=rows))
        return Dataset(Schema(tuple(features), "y", None), tuple(columns), np.array(numbers))
    # Two rows of each class, then any.
    more = draw(st.lists(st.integers(0, 1), min_size=rows - 4, max_size=rows - 4))
    target = np.array([0, 1, 0, 1, *more], dtype=np.int32)
    return Dataset(Schema(tuple(features), "y", ("no", "yes")), tuple(columns), target)


@settings(max_examples=25, deadline=None)
@given(datasets(), st.booleans())
def test_it_is_fitted_or_refused(dataset: Dataset, all_rows: bool) -> None:
    rows = None if all_rows else np.arange(3 * len(dataset) // 4)
    try:
        choice = select(dataset, ModelConfiguration(), rows, hashes(dataset)).choice
        fitted = fit(dataset, rows, choice)
    except DatasetRejected:
        return
    every = np.arange(len(dataset))
    asked = dataset.instances(every)
    plain = joblib.load(io.BytesIO(dump(fitted.estimator)))
    with np.errstate(all="ignore"):
        assert len(plain.predict(asked)) == len(dataset)
    requests = golden(fitted, dataset)
    assert not any(row in asked for row in requests.instances)
    json.dumps([requests.instances, requests.predictions], allow_nan=False)
    json.dumps(convert(fitted, dataset, every).outcome)
