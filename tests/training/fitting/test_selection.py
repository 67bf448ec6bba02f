"""Which estimator wins, and why: the seed's on iris, another where it is better beyond chance."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from shared.core.errors import DatasetRejected
from shared.core.schema import Feature, Schema
from shared.training import rowhash
from shared.training.dataset import Dataset, NumericColumn, Rows
from shared.training.fitting import selection as selecting
from shared.training.fitting.estimator import fit
from shared.training.fitting.selection import Selection
from shared.training.judging import split
from tests.training.fitting.dataset import floats, iris, made


@dataclass(frozen=True)
class Wish:
    estimator: str = "auto"
    class_weight: Any = ""
    parameters: Any = field(default_factory=dict)


def select(dataset: Dataset, wish: Wish, rows: Rows | None) -> Selection:
    return selecting.select(dataset, wish, rows, rowhash.hashes(dataset))


def test_iris_keeps_the_seeds_estimator() -> None:
    selection = select(iris(), Wish(), None)
    assert selection.choice.name == "SVC"
    assert selection.why.startswith("SVC was chosen")


@pytest.mark.parametrize("seed", range(10))
def test_any_four_fifths_of_iris_keep_it_too(seed: int) -> None:
    rows = np.sort(np.random.default_rng(seed).permutation(150)[:120])
    assert select(iris(), Wish(), rows).choice.name == "SVC"


def test_it_decides_the_same_again() -> None:
    assert select(made(), Wish(), None) == select(made(), Wish(), None)


def test_a_regression_gets_a_regressor() -> None:
    selection = select(made(regression=True), Wish(), None)
    assert {score["name"] for score in selection.scores} >= {"Ridge", "RandomForestRegressor"}


@pytest.mark.parametrize("name", ["svc", "RandomForest", "RandomForestClassifier"])
def test_an_estimator_can_be_named(name: str) -> None:
    selection = select(made(), Wish(name), None)
    assert selection.choice.name.casefold().startswith(name.casefold())
    assert not selection.scores


@pytest.mark.parametrize(
    ("name", "near"), [("LogisticRegresion", "LogisticRegression"), ("Ridge", "there is no")]
)
def test_an_unknown_one_is_refused_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(DatasetRejected, match=near):
        select(made(), Wish(name), None)


def test_a_class_weight_reaches_the_choice() -> None:
    assert select(made(), Wish(class_weight="balanced"), None).choice.class_weight == "balanced"


def test_parameters_reach_the_estimator_and_are_told() -> None:
    wish = Wish("RandomForest", parameters={"n_estimators": 7})
    fitted = fit(made(), None, select(made(), wish, None).choice)
    assert len(fitted.model.estimators_) == 7
    assert fitted.describe()["parameters"]["n_estimators"] == 7


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (Wish("SVC", parameters={"gama": 1}), "Did you mean 'gamma'"),
        (Wish("SVC", parameters={"probability": True}), "agree with its labels"),
        (Wish("SVC", parameters={"class_weight": "balanced"}), "key of its own"),
        (Wish(parameters={"gamma": 1}), "name one beside"),
        (Wish(class_weight={"A": 2.0}), "no class. Did you mean 'a'"),
    ],
    ids=str,
)
def test_a_wish_that_cannot_be_granted_is_refused(wish: Wish, told: str) -> None:
    with pytest.raises(DatasetRejected, match=told) as caught:
        select(made(classes=2), wish, None)
    assert caught.value.code == "bad_configuration"


def test_a_parameter_of_the_wrong_kind_is_refused_when_it_is_fitted() -> None:
    choice = select(made(), Wish("SVC", parameters={"gamma": -3}), None).choice
    with pytest.raises(DatasetRejected, match="gamma"):
        fit(made(), None, choice)


def test_above_some_thousand_rows_nothing_quadratic_is_tried_and_the_reason_says_so() -> None:
    dataset = made(6_000, gaps=False)
    selection = select(dataset, Wish(), None)
    assert not {"SVC", "ScaledSVC"} & {score["name"] for score in selection.scores}
    assert "SVC (above 5,000 rows it takes too long)" in selection.why


def test_numbers_beyond_single_precision_leave_the_forest_out() -> None:
    dataset = made(text=False, gaps=False)
    huge = replace(
        dataset, columns=(NumericColumn(floats(dataset)[:, 0] * 1e99), dataset.columns[1])
    )
    selection = select(huge, Wish(), None)
    assert "RandomForestClassifier (the data has larger numbers" in selection.why
    fit(huge, None, selection.choice)


def test_the_seeds_estimator_gives_way_where_another_is_better_beyond_chance() -> None:
    """Two rings: no plane parts them, and the scale of one input drowns the other for the seed."""
    chance = np.random.default_rng(3)
    near, far = chance.normal(size=600), chance.normal(size=600) * 1e4
    target = (np.abs(near) > 0.7).astype(np.int32)
    schema = Schema((Feature("near"), Feature("far")), "y", ("in", "out"))
    dataset = Dataset(schema, (NumericColumn(near), NumericColumn(far)), target)
    scores = select(dataset, Wish(), None)
    assert scores.choice.name not in ("SVC", "LogisticRegression")
    assert [score["name"] for score in scores.scores][:2] == ["SVC", "LogisticRegression"]


def test_a_tie_on_a_small_sample_of_many_rows_goes_to_the_one_that_gains_from_them() -> None:
    """Nothing to learn, so that nobody is better."""
    chance = np.random.default_rng(6)
    columns = tuple(NumericColumn(chance.normal(size=30_000)) for _ in range(2))
    target = chance.integers(0, 2, 30_000).astype(np.int32)
    schema = Schema((Feature("a"), Feature("b")), "y", ("no", "yes"))
    few = np.arange(4_000)
    assert select(Dataset(schema, columns, target), Wish(), few).choice.name == "SVC"
    selection = select(Dataset(schema, columns, target), Wish(), None)
    assert selection.choice.name == "HistGradientBoostingClassifier"
    assert "A tie went to the later one" in selection.why


def stretches(rows: int = 600, stretch: int = 20) -> tuple[Dataset, Any]:
    """Labels that last for a while and then turn by chance: whoever knows the neighbours knows
    them, and whoever knows the past alone knows nothing."""
    chance = np.random.default_rng(11)
    parts = np.arange(rows) // stretch
    target = chance.permutation(np.arange(rows // stretch) % 2)[parts].astype(np.int32)
    columns = (NumericColumn(np.arange(rows) / rows), NumericColumn(chance.normal(size=rows)))
    schema = Schema((Feature("when"), Feature("noise")), "y", ("no", "yes"))
    return Dataset(schema, columns, target), parts


def best(selection: Selection) -> float:
    return max(score.get("balanced_accuracy", 0.0) for score in selection.scores)


def test_candidates_are_compared_forward_in_time_where_the_split_is_by_time() -> None:
    dataset, _ = stretches()
    dealt = select(dataset, Wish(), None)
    assert best(dealt) > 0.9
    forward = select(replace(dataset, order_by=np.arange(600.0)), Wish(), None)
    assert best(forward) < 0.7
    assert "forward in time" in forward.why


def test_candidates_are_never_asked_about_a_group_that_they_know() -> None:
    dataset, parts = stretches()
    names = tuple(map(str, range(30)))
    grouped = replace(dataset, group=parts.astype(np.int32), group_names=names)
    plan = split.plan(grouped, "group")
    selection = selecting.select(grouped, Wish(), plan.train, plan.units)
    assert best(selection) < 0.75
    assert "each group in one fold" in selection.why


def test_a_candidate_that_was_stopped_has_no_figure_beside_those_of_all_folds() -> None:
    selection = select(made(400, text=False, gaps=False, regression=True), Wish(), None)
    chosen = selection.choice.name
    stopped = [s for s in selection.scores if s["fits"] < 5 and s["name"] != chosen]
    assert stopped
    for score in stopped:
        assert "rmse" not in score
        assert "against the leader's" in score["note"]
        assert "of 5 folds" in score["note"]
    assert all("rmse" in score for score in selection.scores if score not in stopped)


def test_who_is_clearly_ahead_is_chosen_without_being_asked_about_the_other_folds() -> None:
    """Whether two numbers agree in sign: trees find it, a plane does not, and rows are many."""
    chance = np.random.default_rng(5)
    columns = tuple(NumericColumn(chance.normal(size=6_000)) for _ in range(6))
    target = sum(c.values * d.values > 0 for c, d in pairwise(columns[:4])) > 1
    schema = Schema(tuple(Feature(f"n{i}") for i in range(6)), "y", ("no", "yes"))
    dataset = Dataset(schema, columns, target.astype(np.int32))
    selection = select(dataset, Wish(), None)
    fits = {score["name"]: score["fits"] for score in selection.scores}
    assert fits[selection.choice.name] < 3
    assert "of the folds all others were clearly behind it" in selection.why
    (told,) = (s for s in selection.scores if s["name"] == selection.choice.name)
    assert told["balanced_accuracy"] > 0.8


def test_what_is_marked_as_named_only_is_never_tried() -> None:
    tried = {score["name"] for score in select(made(regression=True), Wish(), None).scores}
    assert "SVR" not in tried


def test_a_tie_goes_to_the_seed_s_and_to_nobody_else() -> None:
    """The SVC is ruined by a wide input; of the others the best figure wins, however closely."""
    dataset = made(300, text=False, gaps=False)
    wide = np.random.default_rng(1).normal(size=300) * 1e5
    names = (*dataset.schema.features, Feature("wide"))
    spoilt = replace(
        dataset,
        schema=replace(dataset.schema, features=names),
        columns=(*dataset.columns, NumericColumn(wide)),
    )
    selection = select(spoilt, Wish(), None)
    figures = {s["name"]: s["balanced_accuracy"] for s in selection.scores if s["fits"] == 5}
    assert selection.choice.name != "SVC"
    assert figures[selection.choice.name] == max(figures.values())
    assert "SVC had to be beaten by a standard error" in selection.why
