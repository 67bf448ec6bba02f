"""Drift: what moved is told, chance is not, and a profile gives no row and no rare value away."""

from __future__ import annotations

import json

import numpy as np
import pytest

from shared.training.dataset import Dataset
from shared.training.judging.drift import drift
from shared.training.judging.profile import profile
from shared.training.judging.rules import Rules
from tests.training.judging.table import dataset, iris, judged

COLOURS = ("blue", "green", "red")


def shop(
    seed: int, rows: int, *, shift: float = 0.0, new: float = 0.0, yes: float = 0.5
) -> Dataset:
    chance = np.random.default_rng(seed)
    numbers = chance.normal(size=(rows, 2)) * [1.0, 1_000.0] + [shift, 0.0]
    colours = chance.choice(COLOURS, rows).astype(object)
    colours[chance.random(rows) < new] = "violet"
    labels = np.where(chance.random(rows) < yes, "yes", "no")
    return dataset(numbers, labels, texts=[list(colours)], names=["width", "price", "colour"])


def test_the_same_kind_of_data_has_not_drifted() -> None:
    told = drift(profile(shop(0, 2_000)), shop(1, 2_000))
    assert told["level"] == "none"
    assert told["words"] == []


@pytest.mark.parametrize("rows", [20, 60, 150])
def test_few_rows_that_differ_by_chance_have_not_drifted(rows: int) -> None:
    levels = [
        drift(profile(shop(seed, rows)), shop(seed + 1_000, rows))["level"] for seed in range(50)
    ]
    assert levels.count("none") >= 48


def test_an_input_that_moved_is_named_and_the_others_are_not() -> None:
    told = drift(profile(shop(0, 2_000)), shop(1, 2_000, shift=1.0))
    assert (told["level"], told["inputs"][0]["name"]) == ("high", "width")
    assert [fact["level"] for fact in told["inputs"]] == ["high", "none", "none"]
    assert told["words"] == [f"width has moved (PSI {told['inputs'][0]['psi']:.2f}, high)."]


def test_a_smaller_move_is_a_warning() -> None:
    assert drift(profile(shop(0, 5_000)), shop(1, 5_000, shift=0.42))["level"] == "warn"


def test_the_bounds_can_be_moved() -> None:
    moved = shop(1, 5_000, shift=0.42)
    assert drift(profile(shop(0, 5_000)), moved, 0.1)["level"] == "high"
    assert drift(profile(shop(0, 5_000)), moved, 5.0)["level"] == "none"


def test_new_categories_are_counted() -> None:
    told = drift(profile(shop(0, 2_000)), shop(1, 2_000, new=0.3))
    fact = told["inputs"][0]
    assert (fact["name"], fact["level"]) == ("colour", "high")
    assert 0.25 < fact["new_share"] < 0.35
    assert any("new or rare categories" in word for word in told["words"])


def test_labels_that_shift_are_told() -> None:
    told = drift(profile(shop(0, 2_000)), shop(1, 2_000, yes=0.9))
    assert told["target"]["level"] == "high"
    assert "The target has moved" in told["words"][-1]


def test_gaps_that_appear_are_drift() -> None:
    data = shop(1, 2_000)
    data.columns[0].values[::2] = np.nan  # type: ignore[union-attr]
    assert drift(profile(shop(0, 2_000)), data)["inputs"][0]["name"] == "width"


def test_a_number_that_moves_in_regression_is_told() -> None:
    before, after = (
        dataset(
            np.random.default_rng(i).normal(size=(900, 1)),
            np.random.default_rng(i).normal(size=900) + i,
        )
        for i in (0, 1)
    )
    assert drift(profile(before), after)["target"]["level"] == "high"


def test_inputs_that_came_or_went_are_named() -> None:
    before = dataset(np.zeros((50, 2)), ["a", "b"] * 25, names=["same", "old"])
    after = dataset(np.zeros((50, 2)), ["a", "b"] * 25, names=["same", "new"])
    told = drift(profile(before), after)
    assert (told["gone"], told["added"]) == (["old"], ["new"])


def test_a_profile_names_no_rare_category_and_counts_none() -> None:
    names = ["common"] * 96 + ["rare person"] * 4
    told = profile(dataset(np.zeros((100, 1)), ["a", "b"] * 50, texts=[names]))
    text = json.dumps(told)
    assert "rare person" not in text
    assert told["inputs"]["x1"] == {"names": ["common"], "counts": [96, 0, 0]}


def test_a_profile_has_no_outermost_value_and_no_value_of_a_row() -> None:
    values = np.random.default_rng(0).lognormal(size=(500, 1)) * 1_234.56789
    edges = profile(dataset(values, values[:, 0]))["inputs"]["x0"]["edges"]
    assert values.min() < min(edges)
    assert max(edges) < values.max()
    assert not set(edges) & set(values[:, 0].tolist())


def test_a_profile_is_small_even_of_wide_data() -> None:
    wide = np.random.default_rng(0).normal(size=(200, 300))
    assert len(json.dumps(profile(dataset(wide, wide[:, 0])))) < 300 * 250


def test_drift_is_refused_only_where_the_model_says_so() -> None:
    before, _ = judged(iris(slice(0, 150, 2)))
    data = iris(slice(1, 150, 2))
    for column in data.columns:
        column.values[:] *= 3  # type: ignore[union-attr]
    reference = before.facts["profile"]
    told, _ = judged(data, reference=reference)
    assert told.decision.accepted
    assert [warning.code for warning in told.warnings] == ["drift"]
    told, _ = judged(data, reference=reference, rules=Rules(drift="refuse"))
    assert (told.decision.accepted, told.decision.code) == (False, "drift")
    told, _ = judged(data, reference=reference, rules=Rules(drift="off"))
    assert told.facts["drift"] is None
