"""Forests and boosted trees: one TreeEnsemble in double precision (ai.onnx.ml 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, numpy_helper

from shared.training.dataset import Floats
from shared.training.fitting.graph.builder import Graph, NotPortable
from shared.training.fitting.graph.linear import Answer, both, flat, largest

Indices = npt.NDArray[np.int64]
SUM, LESS_OR_EQUAL = 1, 0


@dataclass(frozen=True)
class Tree:
    """One tree by node, the root first. left, right: node numbers.

    Of leaves, value: what they add; target: the column of the answer that they add it to.
    """

    feature: Indices
    threshold: Floats
    left: Indices
    right: Indices
    missing_left: npt.NDArray[np.bool_]
    leaf: npt.NDArray[np.bool_]
    value: Floats
    target: Indices


def forest_classifier(graph: Graph, found: str, model: Any) -> Answer:
    """RandomForestClassifier: the mean of what the leaves of its trees say of the classes."""
    inner = [estimator.tree_ for estimator in model.estimators_]
    of_one_class = all(_leaf_values(tree).max(axis=1).min() == 1.0 for tree in inner)
    votes = _counted if of_one_class else _looked_up
    total = votes(graph, _single(graph, found), inner)
    chances = graph.add("Div", total, graph.constant(float(len(inner))))
    return largest(graph, chances), chances


def _counted(graph: Graph, found: str, inner: list[Any]) -> str:
    """(rows, classes): every leaf is of one class, as in a forest that was grown to its end."""
    trees = [
        _of_forest(tree, np.ones(tree.node_count), tree.value[:, 0].argmax(axis=1))
        for tree in inner
    ]
    return _ensemble(graph, found, trees, inner[0].value.shape[2])


def _looked_up(graph: Graph, found: str, inner: list[Any]) -> str:
    """(rows, classes): each tree tells its leaf, whose row in a table is its vote.

    A leaf of an ensemble adds to one column only, and the votes are to be summed tree by tree as
    scikit-learn does, or classes that are level there would not be level here.
    """
    ends = np.cumsum([0] + [int((tree.children_left < 0).sum()) for tree in inner])
    trees = []
    for column, (tree, first) in enumerate(zip(inner, ends, strict=False)):
        number = first + np.cumsum(tree.children_left < 0) - 1.0
        trees.append(_of_forest(tree, number, np.full(tree.node_count, column)))
    places = _ensemble(graph, found, trees, len(inner))
    table = graph.constant(np.vstack([_leaf_values(tree) for tree in inner]))
    votes = graph.add("Gather", table, graph.add("Cast", places, to=TensorProto.INT64), axis=0)
    return graph.add("ReduceSum", votes, graph.constant([1], np.int64), keepdims=0)


def _leaf_values(tree: Any) -> Floats:
    """(leaves, classes): the share of each class."""
    found: Floats = tree.value[tree.children_left < 0, 0]
    return found


def forest_regressor(graph: Graph, found: str, model: Any) -> Answer:
    """RandomForestRegressor."""
    inner = [estimator.tree_ for estimator in model.estimators_]
    trees = [
        _of_forest(tree, tree.value[:, 0, 0], np.zeros(tree.node_count, np.int64)) for tree in inner
    ]
    total = _ensemble(graph, _single(graph, found), trees, 1)
    return flat(graph, graph.add("Div", total, graph.constant(float(len(trees))))), None


def boosting_classifier(graph: Graph, found: str, model: Any) -> Answer:
    """HistGradientBoostingClassifier."""
    raw = _boosted(graph, found, model)
    if len(model.classes_) == 2:
        chances = both(graph, graph.add("Sigmoid", raw))
    else:
        chances = graph.add("Softmax", raw, axis=1)
    return largest(graph, chances), chances


def boosting_regressor(graph: Graph, found: str, model: Any) -> Answer:
    """HistGradientBoostingRegressor."""
    raw = _boosted(graph, found, model)
    link = type(model._loss.link).__name__
    if link not in ("IdentityLink", "LogLink"):
        raise NotPortable(f"no graph is made for {link}")
    return flat(graph, graph.add("Exp", raw) if link == "LogLink" else raw), None


def _boosted(graph: Graph, found: str, model: Any) -> str:
    rounds = model._predictors
    width = len(rounds[0])
    trees = [
        _of_boosting(predictor.nodes, target)
        for one in rounds
        for target, predictor in enumerate(one)
    ]
    total = _ensemble(graph, found, trees, width)
    return graph.add("Add", total, graph.constant(model._baseline_prediction))


def _single(graph: Graph, found: str) -> str:
    """A forest compares numbers that were rounded to single precision."""
    return graph.double(graph.add("Cast", found, to=TensorProto.FLOAT))


def _of_forest(inner: Any, value: Floats, target: Indices) -> Tree:
    leaf = inner.children_left < 0
    return Tree(
        feature=np.where(leaf, 0, inner.feature),
        threshold=inner.threshold,
        left=inner.children_left,
        right=inner.children_right,
        missing_left=inner.missing_go_to_left.astype(bool),
        leaf=leaf,
        value=value,
        target=target,
    )


def _of_boosting(nodes: Any, target: int) -> Tree:
    if nodes["is_categorical"].any():
        raise NotPortable("no graph is made for native categories")
    return Tree(
        feature=nodes["feature_idx"],
        threshold=nodes["num_threshold"],
        left=nodes["left"],
        right=nodes["right"],
        missing_left=nodes["missing_go_to_left"].astype(bool),
        leaf=nodes["is_leaf"].astype(bool),
        value=nodes["value"],
        target=np.full(len(nodes), target),
    )


def _ensemble(graph: Graph, found: str, trees: list[Tree], width: int) -> str:
    """(rows, width): what the leaves that a row ends in add to each column."""
    trees = [_with_a_branch(tree) for tree in trees]
    branches = np.array([int((~tree.leaf).sum()) for tree in trees])
    leaves = np.array([int(tree.leaf.sum()) for tree in trees])
    first_branch = np.cumsum(branches) - branches
    first_leaf = np.cumsum(leaves) - leaves
    left, right = [], []
    for tree, branch, leaf in zip(trees, first_branch, first_leaf, strict=True):
        number = np.where(
            tree.leaf, leaf + np.cumsum(tree.leaf) - 1, branch + np.cumsum(~tree.leaf) - 1
        )
        left.append((number[tree.left[~tree.leaf]], tree.leaf[tree.left[~tree.leaf]]))
        right.append((number[tree.right[~tree.leaf]], tree.leaf[tree.right[~tree.leaf]]))
    inner = [~tree.leaf for tree in trees]
    ids = np.concatenate([tree.feature[k] for tree, k in zip(trees, inner, strict=True)])
    splits = np.concatenate([tree.threshold[k] for tree, k in zip(trees, inner, strict=True)])
    missing = np.concatenate([tree.missing_left[k] for tree, k in zip(trees, inner, strict=True)])
    weights = np.concatenate([tree.value[tree.leaf] for tree in trees])
    targets = np.concatenate([tree.target[tree.leaf] for tree in trees])
    return graph.add(
        "TreeEnsemble",
        found,
        domain="ai.onnx.ml",
        aggregate_function=SUM,
        n_targets=width,
        post_transform=0,
        tree_roots=first_branch.tolist(),
        nodes_featureids=ids.tolist(),
        nodes_splits=numpy_helper.from_array(splits.astype(np.float64), "splits"),
        nodes_modes=numpy_helper.from_array(np.full(len(ids), LESS_OR_EQUAL, np.uint8), "modes"),
        nodes_missing_value_tracks_true=missing.astype(np.int64).tolist(),
        nodes_truenodeids=np.concatenate([ids for ids, _ in left]).tolist(),
        nodes_trueleafs=np.concatenate([leaf for _, leaf in left]).astype(np.int64).tolist(),
        nodes_falsenodeids=np.concatenate([ids for ids, _ in right]).tolist(),
        nodes_falseleafs=np.concatenate([leaf for _, leaf in right]).astype(np.int64).tolist(),
        leaf_targetids=targets.tolist(),
        leaf_weights=numpy_helper.from_array(weights.astype(np.float64), "weights"),
    )


def _with_a_branch(tree: Tree) -> Tree:
    """A tree that is one leaf, as a branch with that leaf on either side: ONNX needs a branch."""
    if not tree.leaf[0]:
        return tree
    return Tree(
        feature=np.zeros(3, np.int64),
        threshold=np.zeros(3),
        left=np.array([1, 0, 0]),
        right=np.array([2, 0, 0]),
        missing_left=np.zeros(3, bool),
        leaf=np.array([False, True, True]),
        value=np.repeat(tree.value[:1], 3),
        target=np.repeat(tree.target[:1], 3),
    )
