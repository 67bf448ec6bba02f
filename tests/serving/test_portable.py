"""The portable copy answers as the model does, refuses the rest, and nothing is unpickled."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from serving.portable import BLOCK, Portable
from serving.predictor import MissingInstances, PredictionFailed, parse
from serving.sandbox.nursery import Cell, Nursery
from shared.core.errors import ArtifactRefused, NewerFormat, PlatformUnavailable
from shared.training.fitting.catalogue import BY_NAME
from tests.serving.trained import Trained, released, trained
from tests.serving.world import FLOWERS, Api, World

ROOT = Path(__file__).resolve().parents[2]


class Barren(Nursery):
    """Starts nothing: whatever is answered was not unpickled."""

    def spawn(self) -> Cell:
        raise PlatformUnavailable("nothing is unpickled here")


def loaded(model: Trained) -> Portable:
    return Portable(onnxruntime, model.copy, model.dataset.schema)


def ask(model: Portable, instances: Any, **more: Any) -> list[Any]:
    return model.predict(parse(json.dumps({"instances": instances, **more}).encode()))


@pytest.mark.parametrize("name", BY_NAME)
def test_every_estimator_answers_a_mixed_table_as_scikit_learn_does(name: str) -> None:
    model = trained(name, "mixed")
    asked = model.dataset.instances(np.arange(60))
    asked += [[None, "never seen", 0.5], [1, None, -2]]
    expected = model.fitted.estimator.predict(asked).tolist()
    answers = ask(loaded(model), asked)
    if BY_NAME[name].classifies:
        assert answers == expected
    else:
        assert answers == pytest.approx(expected, rel=1e-9)


def test_probabilities_come_by_class_where_they_are_asked_for() -> None:
    model = trained()
    answers = ask(loaded(model), FLOWERS, parameters={"probabilities": True})
    expected = model.fitted.estimator.predict_proba(FLOWERS)
    for answer, row in zip(answers, expected.tolist(), strict=True):
        assert answer["label"] == "versicolor"
        assert list(answer["probabilities"]) == ["setosa", "versicolor", "virginica"]
        assert list(answer["probabilities"].values()) == pytest.approx(row, abs=1e-9)


@pytest.mark.parametrize("count", [BLOCK, BLOCK + 1, 2 * BLOCK + 7])
def test_more_rows_than_a_block_are_answered_each_in_its_place(count: int) -> None:
    model = loaded(trained())
    setosa, versicolor = [5.1, 3.5, 1.4, 0.2], FLOWERS[0]
    asked = [setosa if at % 7 in (0, 3) else versicolor for at in range(count)]
    expected = ["setosa" if row == setosa else "versicolor" for row in asked]
    assert ask(model, asked) == expected


def test_a_number_has_no_probabilities() -> None:
    model = loaded(trained("Ridge", "mixed"))
    with pytest.raises(PredictionFailed, match="has no probabilities"):
        ask(model, [[1, "red", 2]], parameters={"probabilities": True})


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        ([], "2D array"),
        ({}, "2D array"),
        ("red", "2D array"),
        ([1, 2, 3], "2D array"),
        ([[1, "red"]], "X has 2 features, but the model is expecting 3"),
        ([[1, "red", 2], [1, "red", 2, 3]], "X has 4 features"),
        ([["1", "red", 2]], "a number is wanted"),
        ([[[1], "red", 2]], "a number is wanted"),
        ([[1, 5, 2]], "text is wanted"),
        ([[1, "red", None]], "contains NaN, and there was none in training"),
    ],
)
def test_what_the_model_cannot_take_is_refused(instances: Any, message: str) -> None:
    with pytest.raises(PredictionFailed, match=message):
        ask(loaded(trained("SVC", "mixed")), instances)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "1" + 400 * "0"])
def test_a_number_that_is_none_does_not_reach_the_copy(number: str) -> None:
    with pytest.raises(MissingInstances):
        parse(f'{{"instances": [[{number}, "red", 2]]}}'.encode())


def test_an_argument_that_predict_does_not_take_is_refused() -> None:
    with pytest.raises(PredictionFailed, match="unexpected keyword argument 'return_std'"):
        ask(loaded(trained()), FLOWERS, return_std=True)


def test_a_category_is_compared_as_a_whole() -> None:
    """Not as a C string, which ends at its first zero."""
    model = trained("LogisticRegression", "mixed")
    asked = [[0.1, "red\x00", 0.2], [0.1, "red", 0.2]]
    odd, plain = ask(loaded(model), asked, parameters={"probabilities": True})
    expected = model.fitted.estimator.predict_proba(asked)
    assert list(odd["probabilities"].values()) == pytest.approx(expected[0].tolist())
    assert list(plain["probabilities"].values()) == pytest.approx(expected[1].tolist())


@pytest.mark.parametrize("told", [b'"format": 9', b'"format": "x"', b"no JSON"])
def test_a_contract_that_is_not_understood_is_refused(told: bytes) -> None:
    model = trained()
    spoilt = model.copy.replace(b'"format": 1', told.ljust(11)[:11])
    assert spoilt != model.copy
    with pytest.raises((ArtifactRefused, NewerFormat)):
        Portable(onnxruntime, spoilt, model.dataset.schema)


def test_a_version_with_a_copy_is_proven_and_answers_without_unpickling(world: World) -> None:
    with world.serving(nursery=Barren()) as api:
        api.create_model()
        uri = released(world.store, trained(), pickled=lambda _: b"no pickle at all")
        assert "error" not in api.create_version("v1", uri).json
        assert api.predict().json == {"predictions": ["versicolor", "versicolor"]}


def test_a_copy_that_the_card_does_not_call_equal_is_left_alone(world: World, api: Api) -> None:
    uri = world.directory()
    api.create_version("v1", uri)
    assert api.predict().json == {"predictions": [1, 1]}


SPOILT = {
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda _: b"",
    "noise": lambda data: bytes(reversed(data)),
    "another model": lambda _: trained("LogisticRegression", "mixed").copy,
    "answers otherwise": lambda data: data.replace(b"versicolor", b"Versicolor"),
}


@pytest.mark.parametrize("way", SPOILT)
def test_a_spoilt_copy_never_answers_a_caller(world: World, api: Api, way: str) -> None:
    """Its digest is right: it was spoilt before the card was written."""
    api.create_version("v1", released(world.store, trained()))
    done = api.create_version("v2", released(world.store, trained(), 2, SPOILT[way])).json
    assert done["error"]["message"].startswith("Create Version failed. Bad model detected")
    assert api.version("v2").json["state"] == "FAILED"
    assert api.predict("v2").status == 400
    assert api.predict().headers["x-model-version"] == "v1"


@pytest.mark.parametrize("way", SPOILT)
def test_a_spoilt_first_version_never_becomes_the_default(world: World, api: Api, way: str) -> None:
    api.create_version("v1", released(world.store, trained(), 1, SPOILT[way]))
    assert api.predict().status == 400
    assert api.predict("v1").status == 400


def test_a_copy_that_is_swapped_later_is_not_loaded(world: World) -> None:
    with world.serving() as api:
        api.create_model()
        api.create_version("v1", released(world.store, trained()))
    name = next(n for n in world.store.names("models") if n.endswith(".onnx"))
    world.store.put("models", name, trained("LogisticRegression").copy)
    with world.serving() as api:
        answer = api.predict("v1")
        assert answer.status == 500
        assert "is not the file that its card describes" in answer.json["error"]["message"]


def test_neither_scikit_learn_nor_onnx_runtime_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, serving.__main__;"
        "print(sorted({'sklearn', 'joblib', 'onnxruntime', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
