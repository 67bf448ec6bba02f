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
    """One tree by node, the root first. left, right: node numbers; value: of leaves."""

    feature: Indices
    threshold: Floats
    left: Indices
    right: Indices
    missing_left: npt.NDArray[np.bool_]
    leaf: npt.NDArray[np.bool_]
    value: Floats


def forest_classifier(graph: Graph, found: str, model: Any) -> Answer:
    """RandomForestClassifier: each tree tells its leaf, whose row in a table is its vote."""
    size = len(model.estimators_)
    trees, tables, start = [], [], 0
    for estimator in model.estimators_:
        inner = estimator.tree_
        leaves = np.flatnonzero(inner.children_left < 0)
        numbers = np.zeros(inner.node_count)
        numbers[leaves] = np.arange(start, start + len(leaves))
        start += len(leaves)
        tables.append(inner.value[leaves, 0, :])
        trees.append(_of_forest(inner, numbers))
    places = _ensemble(graph, _single(graph, found), trees, np.arange(size), size)
    table = graph.constant(np.vstack(tables))
    votes = graph.add("Gather", table, graph.add("Cast", places, to=TensorProto.INT64), axis=0)
    total = graph.add("ReduceSum", votes, graph.constant([1], np.int64), keepdims=0)
    chances = graph.add("Div", total, graph.constant(float(size)))
    return largest(graph, chances), chances


def forest_regressor(graph: Graph, found: str, model: Any) -> Answer:
    """RandomForestRegressor."""
    inner = [estimator.tree_ for estimator in model.estimators_]
    trees = [_of_forest(tree, tree.value[:, 0, 0]) for tree in inner]
    total = _ensemble(graph, _single(graph, found), trees, np.zeros(len(trees), np.int64), 1)
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
    trees = [_of_boosting(predictor.nodes) for one in rounds for predictor in one]
    targets = np.tile(np.arange(width), len(rounds))
    total = _ensemble(graph, found, trees, targets, width)
    return graph.add("Add", total, graph.constant(model._baseline_prediction))


def _single(graph: Graph, found: str) -> str:
    """A forest compares numbers that were rounded to single precision."""
    return graph.double(graph.add("Cast", found, to=TensorProto.FLOAT))


def _of_forest(inner: Any, value: Floats) -> Tree:
    leaf = inner.children_left < 0
    return Tree(
        feature=np.where(leaf, 0, inner.feature),
        threshold=inner.threshold,
        left=inner.children_left,
        right=inner.children_right,
        missing_left=inner.missing_go_to_left.astype(bool),
        leaf=leaf,
        value=value,
    )


def _of_boosting(nodes: Any) -> Tree:
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
    )


def _ensemble(graph: Graph, found: str, trees: list[Tree], targets: Any, width: int) -> str:
    """(rows, width): the sum over trees, each added to its target's column."""
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
        leaf_targetids=np.repeat(targets, leaves).tolist(),
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
    )
