"""The gate: an honest challenger passes, a worse one does not, noise and majorities never do."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from shared.core.configuration import Drift, Gate, ModelConfiguration
from shared.core.errors import DatasetRejected
from shared.training.dataset import Dataset
from shared.training.judging import gate, metric
from shared.training.judging.champion import Champion
from shared.training.judging.chance import Signal
from shared.training.judging.judgement import Judgement
from shared.training.judging.rules import Rules
from tests.training.fitting.dataset import floats
from tests.training.judging.table import MEMORY, dataset, fitting, iris, judged, taken

STUMP = DecisionTreeClassifier(max_depth=1)


def sums(seed: int, rows: int) -> Dataset:
    """A class that two of four numbers decide, with a little noise."""
    chance = np.random.default_rng(seed)
    numbers = chance.normal(size=(rows, 4))
    sign = numbers[:, 0] + numbers[:, 1] + 0.3 * chance.normal(size=rows)
    return dataset(numbers, np.where(sign > 0, "yes", "no"))


def line(seed: int, rows: int) -> Dataset:
    """A number that two others make, with a little noise."""
    chance = np.random.default_rng(seed)
    numbers = chance.normal(size=(rows, 4))
    return dataset(numbers, numbers[:, 0] + numbers[:, 1] + 0.3 * chance.normal(size=rows))


def noise(seed: int, rows: int, *, regression: bool = False) -> Dataset:
    chance = np.random.default_rng(seed)
    numbers = chance.normal(size=(rows, 3))
    if regression:
        return dataset(numbers, chance.normal(size=rows))
    return dataset(numbers, chance.permutation(np.arange(rows) % 2).astype(str))


def comparison(told: Judgement) -> dict[str, Any]:
    found: dict[str, Any] = told.facts["decision"]["comparison"]
    return found


def test_a_large_error_is_said_in_digits() -> None:
    signal = Signal("rmse", 33_930_700.4, 48_042.0, 1.0, 0.05, 400)
    reason = gate.decide(signal, None, Rules()).reason
    assert "RMSE 33,930,700, and 48,042 without" in reason


def test_the_first_model_of_iris_is_accepted_and_it_is_said_why() -> None:
    told, _ = judged(iris())
    assert (told.decision.accepted, told.decision.code) == (True, "first_model")
    assert "0.9" in told.decision.reason
    assert "0.3333" in told.decision.reason


@pytest.mark.parametrize("rows", [60, 300, 1_200])
@pytest.mark.parametrize("regression", [False, True])
def test_noise_is_refused_nearly_always(rows: int, regression: bool) -> None:
    estimator = LinearRegression() if regression else LogisticRegression()
    codes = Counter(
        judged(noise(seed, rows, regression=regression), estimator)[0].decision.code
        for seed in range(20)
    )
    assert codes["no_signal"] >= 17
    assert set(codes) <= {"no_signal", "first_model"}


@pytest.mark.parametrize("rows", [6, 9, 15, 30])
def test_a_handful_of_honest_rows_is_accepted(rows: int) -> None:
    chance = np.random.default_rng(0)
    each = rows // 3
    picks = [
        np.concatenate([chance.choice(50, each, replace=False) + 50 * c for c in range(3)])
        for _ in range(20)
    ]
    codes = Counter(judged(iris(pick))[0].decision.code for pick in picks)
    assert codes["first_model"] >= 18


@pytest.mark.parametrize("rows", [300, 2_000, 20_000])
@pytest.mark.parametrize("first", [True, False])
def test_with_one_percent_positives_the_majority_model_never_goes_live(
    rows: int, first: bool
) -> None:
    chance = np.random.default_rng(rows)
    numbers = chance.normal(size=(rows, 2))
    numbers[:, 0] += 3 * (np.arange(rows) % 100 == 0)
    data = dataset(numbers, np.where(np.arange(rows) % 100 == 0, "fraud", "fine"))
    champion = None if first else judged(data, STUMP, rules=Rules(enforced=False))[1]
    told, _ = judged(data, DummyClassifier(), champion=champion)
    assert told.metrics["accuracy"] > 0.98
    assert told.metrics["balanced_accuracy"] == 0.5
    assert (told.decision.accepted, told.decision.code) == (False, "no_signal")
    assert "class_weight" in told.decision.reason


def resamples(champion: Champion, **more: Any) -> Counter[str]:
    chance = np.random.default_rng(5)
    found: Counter[str] = Counter()
    for _ in range(100):
        data = iris(chance.integers(0, 150, 150))
        rival = replace(champion, refit=fitting(data, more["refit"])) if more else champion
        estimator = MEMORY if more else None
        told, _ = judged(data, estimator, champion=rival)
        found["refused" if not told.decision.accepted else comparison(told)["on"]] += 1
    return found


def test_of_a_hundred_resamples_of_iris_hardly_any_is_refused() -> None:
    _, champion = judged(iris())
    found = resamples(replace(champion, same_recipe=True))
    assert found == {"the same recipe": 100}


def test_nor_against_a_champion_that_knows_half_of_it() -> None:
    _, champion = judged(iris(slice(0, 150, 2)))
    found = resamples(champion)
    assert found["refused"] <= 5
    assert found["rows that came since the champion"] >= 95


def test_nor_against_another_recipe() -> None:
    _, champion = judged(iris())
    found = resamples(champion, refit=SVC(gamma="auto"))
    assert found["refused"] <= 5
    assert found["both recipes, fitted anew on the same rows"] >= 95


def exports(months: int, rows: int, change: int, seed: int, *, relabelled: bool) -> Any:
    """Cumulative monthly exports; from one month on another feature decides the label."""
    chance = np.random.default_rng(seed)
    numbers = chance.normal(size=(rows * months, 3))
    month = np.repeat(np.arange(months), rows)
    before, after = (np.where(numbers[:, i] > 0, "yes", "no") for i in (0, 1))
    for last in range(change - 1, months):
        new = (month >= change) if not relabelled else np.full(len(month), last >= change)
        labels = np.where(new, after, before)
        yield dataset(numbers[month <= last], labels[month <= last])


@pytest.mark.parametrize("relabelled", [False, True])
@pytest.mark.parametrize("rows", [40, 150, 400])
@pytest.mark.parametrize("estimator", [MEMORY, RandomForestClassifier(10, random_state=0)])
def test_when_the_rule_changes_in_cumulative_exports_the_honest_challenger_wins(
    rows: int, relabelled: bool, estimator: Any
) -> None:
    champion = None
    for data in exports(9, rows, 6, rows, relabelled=relabelled):
        told, champion = judged(data, estimator, champion=champion)
        assert told.decision.accepted, told.decision.reason


def test_rows_that_the_champion_knows_by_heart_would_have_decided_otherwise() -> None:
    before, after = list(exports(7, 400, 6, 0, relabelled=False))
    _, champion = judged(before, MEMORY)
    told, challenger = judged(after, MEMORY, champion=champion)
    everything = np.arange(len(after))
    naive = [
        metric.balanced_accuracy(
            metric.confusion(after.target.astype(np.int32), model.predict(after, everything), 2)
        )
        for model in (champion, challenger)
    ]
    held_out = comparison(told)["difference"]
    assert naive[0] - held_out["champion"] > 0.02
    assert told.decision.accepted


@pytest.mark.parametrize("cumulative", [False, True])
@pytest.mark.parametrize("rows", [300, 1_500])
def test_a_worse_challenger_is_refused(rows: int, cumulative: bool) -> None:
    data = sums(1, 2 * rows)
    _, champion = judged(taken(data, np.arange(rows)), LogisticRegression())
    next_rows = np.arange(0 if cumulative else rows, 2 * rows)
    told, _ = judged(taken(data, next_rows), STUMP, champion=champion)
    assert (told.decision.accepted, told.decision.code) == (False, "gate_worse")
    assert "gate=accept" in told.decision.reason
    assert judged(taken(data, next_rows), LogisticRegression(), champion=champion)[
        0
    ].decision.accepted


@pytest.mark.parametrize("rows", [300, 1_500])
def test_a_worse_regression_is_refused_and_an_equal_one_is_not(rows: int) -> None:
    data = line(1, 2 * rows)
    _, champion = judged(taken(data, np.arange(rows)), LinearRegression())
    later = taken(data, np.arange(rows, 2 * rows))
    told, _ = judged(later, DecisionTreeRegressor(max_depth=2), champion=champion)
    assert told.decision.code == "gate_worse"
    equal, _ = judged(later, LinearRegression(), champion=champion)
    assert (equal.decision.accepted, equal.decision.code) == (True, "accepted")


def test_a_margin_of_the_model_decides() -> None:
    data = sums(1, 1_200)
    _, champion = judged(taken(data, np.arange(600)), LogisticRegression())
    later = taken(data, np.arange(600, 1_200))
    told, _ = judged(later, STUMP, champion=champion, rules=Rules(margin=0.5))
    assert told.decision.code == "accepted"


@pytest.mark.parametrize(("floor", "code"), [(0.99, "gate_floor"), (0.9, "first_model")])
def test_a_floor_is_held_against_balanced_accuracy(floor: float, code: str) -> None:
    assert judged(iris(), rules=Rules(floor=floor))[0].decision.code == code


@pytest.mark.parametrize(("floor", "code"), [(0.99, "gate_floor"), (0.9, "first_model")])
def test_and_against_r2(floor: float, code: str) -> None:
    told, _ = judged(line(0, 300), LinearRegression(), rules=Rules(floor=floor))
    assert told.decision.code == code


def test_a_person_may_release_what_the_gate_would_refuse_and_the_reason_stays() -> None:
    rules = Rules.of(ModelConfiguration(), "accept")
    told, _ = judged(noise(0, 300), LogisticRegression(), rules=rules)
    assert (told.decision.accepted, told.decision.code) == (True, "overridden")
    assert "learnt nothing" in told.decision.reason
    assert [o["code"] for o in told.facts["decision"]["objections"]] == ["no_signal"]


def test_rules_come_from_the_configuration_and_the_drop() -> None:
    configuration = ModelConfiguration(
        gate=Gate(margin=0.1, floor=0.5, baseline=False, decide="accept"),
        drift=Drift("refuse", 0.5),
    )
    assert Rules.of(configuration) == Rules(0.1, 0.5, False, False, "refuse", 0.5)
    assert Rules.of(ModelConfiguration()) == Rules()
    assert not Rules.of(ModelConfiguration(), "off").enforced
    with pytest.raises(DatasetRejected, match="gate=accept"):
        Rules.of(ModelConfiguration(), "perhaps")


def test_without_a_baseline_to_beat_noise_is_let_through() -> None:
    rules = Rules(baseline=False)
    assert judged(noise(0, 300), LogisticRegression(), rules=rules)[0].decision.accepted


def test_a_new_class_is_accepted_compared_on_the_others_and_told() -> None:
    two = iris(slice(0, 100, 2))
    known = dataset(floats(two), np.array(two.schema.classes)[two.target])
    _, champion = judged(known)
    told, _ = judged(iris(slice(1, 150, 2)), champion=champion)
    assert told.decision.accepted
    assert told.facts["decision"]["classes"]["added"] == ["virginica"]
    assert comparison(told)["difference"]["rows"] == 50
    assert [w.code for w in told.warnings] == ["class_added"]


def test_a_vanished_class_is_refused_unless_it_was_rare() -> None:
    _, champion = judged(iris())
    only_two = iris(slice(0, 100))
    told, _ = judged(only_two, champion=champion)
    assert (told.decision.accepted, told.decision.code) == (False, "class_vanished")
    rare = replace(champion, class_counts={"setosa": 500, "versicolor": 499, "virginica": 1})
    told, _ = judged(only_two, champion=rare)
    assert told.decision.code != "class_vanished"
    assert [w.code for w in told.warnings] == ["class_vanished"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seen": None}, "too few rows"),
        ({"estimator": object()}, "pipeline fails"),
    ],
)
def test_a_champion_that_cannot_be_compared_stops_nobody_and_it_is_said(
    change: dict[str, Any], reason: str
) -> None:
    data = iris(slice(0, 150, 2))
    _, champion = judged(data)
    told, _ = judged(iris(slice(1, 150, 2)), champion=replace(champion, **change))
    assert (told.decision.accepted, told.decision.code) == (True, "incomparable")
    assert reason in told.decision.reason


def test_a_champion_of_other_features_or_another_task_is_incomparable() -> None:
    data = iris()
    _, champion = judged(data)
    renamed = dataset(floats(data), data.target.astype(str), names=["x0", "x1", "x2", "other"])
    told, _ = judged(renamed, champion=champion)
    assert told.decision.code in ("incomparable", "class_vanished")
    assert "'x3' is gone" in comparison(told)["reason"]
    told, _ = judged(
        dataset(floats(data), data.columns[3].values),  # type: ignore[union-attr]
        LinearRegression(),
        champion=champion,
    )
    assert told.decision.code == "incomparable"
    assert "another task" in told.decision.reason


def test_a_champion_without_the_added_feature_is_asked_by_the_names_it_has() -> None:
    data = sums(0, 800)
    more = np.column_stack([np.zeros(800), floats(data)])
    labels = np.array(data.schema.classes)[data.target]
    wider = dataset(more, labels, names=["added", "x0", "x1", "x2", "x3"])
    _, champion = judged(taken(data, np.arange(400)), LogisticRegression())
    told, _ = judged(wider, LogisticRegression(), champion=champion)
    assert comparison(told)["on"] == "rows that came since the champion"
    assert comparison(told)["difference"]["rows"] == 400
    assert comparison(told)["difference"]["champion"] > 0.85


def test_the_same_inputs_give_the_same_judgement_to_the_byte() -> None:
    _, champion = judged(iris(slice(0, 150, 2)))
    told = [judged(iris(), champion=champion)[0] for _ in range(2)]
    first, second = (json.dumps([t.metrics, t.facts], sort_keys=True) for t in told)
    assert first == second
    assert told[0].seen == told[1].seen


def test_all_that_is_told_is_plain_json_without_not_a_number() -> None:
    _, champion = judged(iris(slice(0, 150, 2)))
    for told in (
        judged(iris(), champion=champion)[0],
        judged(line(0, 300), LinearRegression())[0],
        judged(line(0, 2_000), LinearRegression())[0],
    ):
        json.dumps([told.metrics, told.facts], allow_nan=False)


def test_the_page_lists_every_decision_and_whether_it_goes_live() -> None:
    page = (Path(__file__).parents[3] / "docs/13-evaluation.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| (yes|no) \|", page, re.MULTILINE))
    live = {gate.FIRST, gate.ACCEPTED, gate.INCOMPARABLE, gate.OVERRIDDEN}
    refused = {gate.NO_SIGNAL, gate.WORSE, gate.FLOOR, gate.CLASS_VANISHED, gate.DRIFT}
    assert {code for code, goes in told.items() if goes == "yes"} == live
    assert {code for code, goes in told.items() if goes == "no"} == refused
