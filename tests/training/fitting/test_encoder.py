"""The typed path equals scikit-learn's own fit on a matrix of Python objects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import issparse
from sklearn.base import clone

from shared.training.dataset import CategoricalColumn, NumericColumn
from shared.training.fitting import encoder, scaling
from shared.training.fitting.catalogue import BY_NAME, Choice
from shared.training.fitting.category import LEAST_ROWS, MOST_COLUMNS, known
from shared.training.fitting.estimator import fit
from tests.training.fitting.dataset import made


@pytest.mark.parametrize("gaps", [True, False])
@pytest.mark.parametrize("name", BY_NAME)
def test_it_equals_the_plain_fit_on_objects(name: str, gaps: bool) -> None:
    dataset = made(300, regression=not BY_NAME[name].classifies, gaps=gaps)
    ours = fit(dataset, None, Choice(name)).estimator
    objects = np.array(dataset.instances(np.arange(len(dataset))), dtype=object)
    target: Any = dataset.target
    if dataset.schema.classes is not None:
        target = np.array(dataset.schema.classes)[target]
    theirs = clone(ours).fit(objects, target)
    for method in ("predict", "predict_proba"):
        if hasattr(theirs, method):
            one, other = getattr(ours, method)(objects), getattr(theirs, method)(objects)
            assert (
                one == pytest.approx(other, rel=1e-9)
                if one.dtype.kind == "f"
                else ((one == other).all())
            )


def test_a_column_of_gaps_only_and_a_constant_one_are_kept() -> None:
    dataset = made(text=False)
    empty = NumericColumn(np.full(len(dataset), np.nan))
    odd = replace(dataset, columns=(empty, NumericColumn(np.ones(len(dataset)))))
    for name in ("LogisticRegression", "RandomForest", "HistGradientBoosting"):
        full = name if name in BY_NAME else f"{name}Classifier"
        fitted = fit(odd, None, Choice(full))
        assert len(fitted.estimator.predict([[None, 1.0], [3.0, 1.0]])) == 2


def test_rare_categories_are_not_in_the_model() -> None:
    codes = np.array([0] * 50 + [1] * 50 + [2] * (LEAST_ROWS - 1), dtype=np.int32)
    found = known(CategoricalColumn(codes, ("common", "frequent", "secret")), None, 10, None)
    assert found.names == ("common", "frequent")
    assert found.indices.tolist() == [0, 1, -1, -1]


def test_what_all_rows_know_is_known_in_each_fold_of_them() -> None:
    codes = np.array([0] * 50 + [1] * LEAST_ROWS + [2], dtype=np.int32)
    column = CategoricalColumn(codes, ("common", "rare in a fold", "secret"))
    fold = np.arange(len(codes) - 3)
    assert known(column, fold, 10, None).names == ("common",)
    assert known(column, fold, 10, None, np.arange(len(codes))).names == (
        "common",
        "rare in a fold",
    )


def test_a_gap_is_a_category_where_it_is_frequent() -> None:
    codes = np.array([0] * 50 + [-1] * 50, dtype=np.int32)
    found = known(CategoricalColumn(codes, ("a",)), None, 10, None)
    assert found.names == ("a", "")
    assert found.of(CategoricalColumn(codes, ("a",)), None).tolist() == [0] * 50 + [1] * 50


def test_many_categories_make_few_columns() -> None:
    names = tuple(f"{i:03d}" for i in range(100))
    codes = np.repeat(np.arange(100, dtype=np.int32), np.arange(100) + LEAST_ROWS)
    found = known(CategoricalColumn(codes, names), None, MOST_COLUMNS, None)
    assert found.names == names[-MOST_COLUMNS:]


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_ranks_go_by_the_target(kind: str) -> None:
    codes = np.repeat(np.arange(4, dtype=np.int32), 50)
    means = np.array([0.9, 0.1, 0.6, 0.3])
    target: Any = np.tile(np.arange(50) / 50, 4) < means[codes]
    target = target.astype(np.int32 if kind == "classes" else np.float64)
    found = known(CategoricalColumn(codes, ("a", "b", "c", "d")), None, 10, target)
    assert found.names in (("b", "d", "c", "a"), ("a", "c", "d", "b"))


def test_ranks_of_three_classes_keep_alike_categories_together() -> None:
    codes = np.repeat(np.arange(4, dtype=np.int32), 60)
    shares = np.array([[50, 5, 5], [5, 50, 5], [49, 6, 5], [6, 49, 5]])
    target = np.concatenate([np.repeat(np.arange(3), row) for row in shares]).astype(np.int32)
    found = known(CategoricalColumn(codes, ("a", "b", "c", "d")), None, 10, target).names
    assert {frozenset(found[:2]), frozenset(found[2:])} == {frozenset("ac"), frozenset("bd")}


def test_scaling_in_blocks_equals_scaling_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.preprocessing import StandardScaler

    values = np.random.default_rng(0).normal(5, 3, (1_000, 3))
    monkeypatch.setattr(scaling, "BLOCK", 64)
    step = StandardScaler()
    scaling.learn(step, values)
    assert step.transform(values) == pytest.approx(StandardScaler().fit_transform(values))
    done = values.copy()
    scaling.apply(step, done)
    assert (done == step.transform(values)).all()


def test_a_sparse_matrix_holds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = made(gaps=True)
    thick = fit(dataset, None, Choice("LogisticRegression"))
    matrix = thick.encoder.matrix(dataset, None)
    monkeypatch.setattr(encoder, "MOST_CELLS", 0)
    thin = fit(dataset, None, Choice("LogisticRegression"))
    sparse = thin.encoder.matrix(dataset, None)
    assert issparse(sparse)
    assert (sparse.toarray() == matrix).all()
    assert thin.model.coef_ == pytest.approx(thick.model.coef_, rel=1e-6)
    assert (thin.predict(dataset) == thick.predict(dataset)).all()
