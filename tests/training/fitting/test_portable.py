"""The ONNX copy answers as scikit-learn does, or is not written and says why."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from sklearn.svm import SVC

from shared.training.dataset import Dataset
from shared.training.fitting import portable
from shared.training.fitting.catalogue import BY_NAME, Choice
from shared.training.fitting.estimator import Fitted, fit
from shared.training.fitting.portable import convert
from tests.training.fitting.dataset import floats, iris, made


def fitted_for(name: str, **kinds: Any) -> tuple[Fitted, Dataset]:
    dataset = made(regression=not BY_NAME[name].classifies, **kinds)
    return fit(dataset, None, Choice(name)), dataset


KINDS = [{}, {"text": False}, {"gaps": False}, {"text": False, "gaps": False}, {"classes": 4}]


@pytest.mark.parametrize("kinds", KINDS, ids=str)
@pytest.mark.parametrize("name", BY_NAME)
def test_every_estimator_converts_and_agrees_far_below_the_tolerance(
    name: str, kinds: dict[str, Any]
) -> None:
    fitted, dataset = fitted_for(name, **kinds)
    found = convert(fitted, dataset, None)
    assert found.outcome["written"], found.outcome
    assert found.outcome["largest_difference"] < 1e-12
    assert found.outcome["rows"] == len(dataset)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_bytes_are_the_same_twice_and_a_good_model(name: str) -> None:
    fitted, dataset = fitted_for(name)
    first = convert(fitted, dataset, None).data
    assert first is not None
    assert convert(fit(dataset, None, Choice(name)), dataset, None).data == first
    onnx.checker.check_model(onnx.load_from_string(first), full_check=True)


def test_the_copy_says_how_it_is_fed() -> None:
    fitted, dataset = fitted_for("LogisticRegression")
    data = convert(fitted, dataset, None).data
    assert data is not None
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    contract = json.loads(session.get_modelmeta().custom_metadata_map["dropserve"])
    assert contract == {"format": 1, "numbers": [0, 2], "texts": [1], "classes": ["a", "b"]}
    assert [node.name for node in session.get_inputs()] == ["numbers", "texts"]
    assert [node.name for node in session.get_outputs()] == ["label", "probabilities"]
    fed = {
        "numbers": np.array([[np.nan, 1.0], [2.0, 0.5]]),
        "texts": np.array([["never seen"], [""]], dtype=object),
    }
    labels = session.run(["label"], fed)[0].tolist()
    asked: list[list[Any]] = [[None, "never seen", 1.0], [2.0, None, 0.5]]
    assert labels == fitted.estimator.predict(asked).tolist()


@pytest.mark.parametrize("count", [2, 3, 5])
def test_an_svc_without_probabilities_converts_too(count: int) -> None:
    dataset = made(classes=count)
    fitted = fit(dataset, None, Choice("SVC"))
    bare = SVC(gamma="auto").fit(
        fitted.encoder.matrix(dataset, None), np.array(dataset.schema.classes)[dataset.target]
    )
    fitted = replace(fitted, model=bare, estimator=fitted.encoder.around(bare))
    assert convert(fitted, dataset, None).outcome["written"]


def test_iris_is_equal_on_a_grid_around_it() -> None:
    dataset = iris()
    fitted = fit(dataset, None, Choice("SVC"))
    values = floats(dataset)
    around = np.random.default_rng(1).uniform(values.min(0) - 1, values.max(0) + 1, (20_000, 4))
    columns = tuple(replace(c, values=around[:, i]) for i, c in enumerate(dataset.columns))  # type: ignore[type-var]
    grid = replace(dataset, columns=columns, target=np.zeros(len(around), np.int32))
    assert convert(fitted, grid, None).outcome["written"]


@pytest.mark.parametrize(("mixed", "columns"), [(False, 3), (True, 100)])
def test_a_forest_is_equal_to_the_last_bit_of_one_class_a_leaf_or_not(
    mixed: bool, columns: int
) -> None:
    dataset = iris()
    if mixed:  # rows that are alike but for their class, which no tree can part
        twice = tuple(replace(c, values=np.tile(c.values, 2)) for c in dataset.columns)  # type: ignore[union-attr]
        target = np.concatenate([dataset.target, np.roll(dataset.target, 7)])
        dataset = replace(dataset, columns=twice, target=target)
    fitted = fit(dataset, None, Choice("RandomForestClassifier"))
    found = convert(fitted, dataset, None)
    assert found.outcome["largest_difference"] == 0.0
    assert found.data is not None
    ensemble = next(
        node
        for node in onnx.load_from_string(found.data).graph.node
        if node.op_type == "TreeEnsemble"
    )
    width = next(one.i for one in ensemble.attribute if one.name == "n_targets")
    assert width == columns  # votes are counted by class where they are whole, looked up by tree


def test_large_numbers_that_lie_close_together_do_not_fool_the_kernel() -> None:
    dataset = made(text=False, gaps=False)
    columns = tuple(replace(c, values=c.values + 1e4) for c in dataset.columns)  # type: ignore[union-attr]
    moved = replace(dataset, columns=columns)
    assert convert(fit(moved, None, Choice("SVC")), moved, None).outcome["written"]


def test_what_has_no_graph_is_not_written() -> None:
    dataset = made()
    fitted = fit(dataset, None, Choice("SVC", {"kernel": "sigmoid"}))
    found = convert(fitted, dataset, None)
    assert found.data is None
    assert found.outcome == {"written": False, "why": "no graph is made for the kernel 'sigmoid'"}


def test_a_copy_that_answers_otherwise_is_not_written() -> None:
    dataset = made(text=False, gaps=False)
    one = fit(dataset, None, Choice("LogisticRegression"))
    swapped = _Swapped(one.choice, one.estimator, one.encoder, one.model, one.classes)
    found = convert(swapped, dataset, None)
    assert found.data is None
    assert "labels differ" in found.outcome["why"]


class _Swapped(Fitted):
    """A model that answers the other class."""

    def predict(self, dataset: Dataset, rows: Any = None) -> Any:
        return 1 - super().predict(dataset, rows)


def test_a_number_beyond_the_tolerance_is_told() -> None:
    dataset = made(regression=True)
    fitted = fit(dataset, None, Choice("Ridge"))
    moved = _Moved(fitted.choice, fitted.estimator, fitted.encoder, fitted.model, None)
    found = convert(moved, dataset, None)
    assert found.data is None
    assert "a number differs" in found.outcome["why"]


class _Moved(Fitted):
    """A model that answers a little more."""

    def predict(self, dataset: Dataset, rows: Any = None) -> Any:
        return super().predict(dataset, rows) + 1e-3


def test_without_onnx_runtime_the_outcome_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(portable.importlib, "import_module", missing)
    fitted, dataset = fitted_for("Ridge")
    found = convert(fitted, dataset, None)
    assert found.data is None
    assert "not installed" in found.outcome["why"]


def test_warming_up_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    portable.warm()
    assert capsys.readouterr() == ("", "")
