"""Fitted scikit-learn estimators of every kind: what the allow-list is collected from and held to.

Everything is fitted on small synthetic data, so that the whole zoo is ready in seconds.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import all_estimators
from sklearn.utils._test_common.instance_generator import _construct_instances
from threadpoolctl import threadpool_limits

READS_FILES = frozenset({"CountVectorizer", "HashingVectorizer", "TfidfVectorizer"})
"""With input='filename' these open the files that a request names: never on the list."""

TARGET_ONLY = frozenset({"LabelBinarizer", "LabelEncoder", "MultiLabelBinarizer"})


def data() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """90 x 4 positive features and three classes."""
    generator = np.random.default_rng(7)
    classes = np.repeat([0, 1, 2], 30)
    return np.abs(generator.normal(classes[:, None] + 2.0, 0.4, (90, 4))), classes


def zoo() -> Iterator[tuple[str, Any]]:
    """(name, fitted estimator), one or more for every public estimator that can be fitted."""
    # One thread: on models this small, OpenMP's threads wait for each other most of the time.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, kind in all_estimators():
            if name not in READS_FILES:
                yield from _of_kind(name, kind)
        for number, composite in enumerate(_composites()):
            yield f"composite_{number}_{type(composite).__name__}", composite


def _of_kind(name: str, kind: type[Any]) -> Iterator[tuple[str, Any]]:
    if name in {"FrozenEstimator", "SparseCoder"}:
        return
    for number, instance in enumerate(_construct_instances(kind)):
        for half in (False, True):
            fitted = _fit(name, clone(instance), half)
            if fitted is not None:
                suffix = f"_{number}{'_binary' if half else ''}" if number or half else ""
                yield f"{name}{suffix}", fitted


def _fit(name: str, instance: Any, half: bool) -> Any:
    features, classes = data()
    binary = (classes > 0).astype(int)
    words = np.array(["no", "yes"])[binary]
    if half and not is_classifier(instance):
        return None
    attempts: list[Callable[[], Any]] = [
        lambda: instance.fit(features, words if half else classes),
        lambda: instance.fit(features, binary),
        lambda: instance.fit(features, np.stack([classes, binary], axis=1)),
        lambda: instance.fit(features, features[:, 0] + 1.0),
        lambda: instance.fit(features[:, 0], features[:, 1]),
        lambda: instance.fit(features @ features.T),
        lambda: instance.fit([{"a": 1, "b": "x"}]),
    ]
    if name in TARGET_ONLY:
        labels = [[0], [1, 2]] if name == "MultiLabelBinarizer" else ["a", "b", "a"]
        attempts = [lambda: instance.fit(labels)]
    for attempt in attempts:
        # Estimators without a random_state draw from numpy's own generator: what a kind is made of
        # (an output code may have a constant column, or none) must not change from run to run.
        np.random.seed(7)
        try:
            return attempt()
        except (ValueError, TypeError, AttributeError, IndexError):
            continue
    return None


def _composites() -> Iterator[Any]:
    from benchmarks import zoo_composite

    features, classes = data()
    np.random.seed(7)
    constant = np.stack([classes > 0, np.ones_like(classes)], axis=1)
    yield zoo_composite.one_of_several_labels().fit(features, constant)
    for composite in zoo_composite.classifiers():
        yield composite.fit(features, classes)
    for composite in zoo_composite.binary_classifiers():
        yield composite.fit(features, classes > 0)
    for composite in zoo_composite.regressors():
        yield composite.fit(features, features[:, 0] + classes)
    table = zoo_composite.mixed_table()
    for composite in zoo_composite.tabular():
        yield composite.fit(table, classes)
