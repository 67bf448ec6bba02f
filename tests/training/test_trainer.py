"""From bytes to a model and its card: the seed's model, the same every time, in nobody's rows."""

from __future__ import annotations

import contextlib
import io
import random
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import SVC

from shared.core.artifact import Source, version_name
from shared.core.card import Card, sha256
from shared.core.errors import DatasetRejected
from shared.core.stopwatch import Stopwatch
from shared.training.inputs import File, Inputs
from shared.training.trainer import Trained, train, warm
from tests.training.test_dataset import HEAD, NAMES, ROWS, table
from tests.workflows.world import IRIS

SOURCE = Source("data", "data/iris/iris.csv", 7, "2026-11-22T13:00:00.250Z")
TWO = [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]


def trained(data: bytes | str = IRIS) -> Trained:
    content = data.encode() if isinstance(data, str) else data
    inputs = Inputs("iris", SOURCE, (File(SOURCE, len(content)),), NAMES, "")
    return train(inputs, lambda _: io.BytesIO(content), Stopwatch())


def model(made: Trained) -> bytes:
    return made.files["model.joblib"]


def loaded(made: Trained) -> Any:
    return joblib.load(io.BytesIO(model(made)))


def test_iris_is_answered_as_the_seed_answers_it() -> None:
    assert list(loaded(trained()).predict(TWO)) == ["versicolor", "versicolor"]


def test_the_model_agrees_with_a_plain_svc_all_over_the_data() -> None:
    rows = [line.split(",") for line in ROWS]
    values = np.array([row[:4] for row in rows], dtype=float)
    plain = SVC(gamma="auto").fit(values, [row[4] for row in rows])
    chance = np.random.default_rng(0)
    grid = np.vstack([values, chance.uniform(values.min(0), values.max(0), (5_000, 4))])
    assert (loaded(trained()).predict(grid) == plain.predict(grid)).all()


def test_rows_in_any_order_give_the_same_bytes() -> None:
    shuffled = "\n".join([HEAD, *random.Random(3).sample(ROWS, len(ROWS))])
    assert trained(shuffled) == trained()


def test_gaps_are_filled_inside_the_model_and_null_is_one() -> None:
    made = trained(table(a=lambda i: "" if i % 9 == 4 else f"{(i * 7) % 11}.5"))
    assert made.card.schema.features[0].nullable
    assert made.card.estimator["impute"] == "median"
    with_null, with_nan = (
        loaded(made).predict([[None, 3.25]]),
        loaded(made).predict([[np.nan, 3.25]]),
    )
    assert list(with_null) == list(with_nan)


@pytest.mark.parametrize("data", [IRIS.decode(), table(a=lambda i: "" if i % 9 == 4 else i / 2)])
def test_the_pickle_holds_nothing_of_ours(data: str) -> None:
    roots = {name.split(".")[0] for name in _globals(model(trained(data)))}
    assert "sklearn" in roots
    assert roots <= {"sklearn", "numpy", "joblib", "builtins"}


def _globals(data: bytes) -> set[str]:
    """Modules that loading asks for."""
    from joblib.numpy_pickle import NumpyUnpickler

    asked: set[str] = set()

    class Watching(NumpyUnpickler):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            asked.add(module)
            return super().find_class(module, name)

    Watching("", io.BytesIO(data), ensure_native_byte_order=False).load()
    return asked


def test_the_card_tells_what_the_model_is() -> None:
    made = trained()
    card = made.card
    assert Card.from_json(card.to_json()) == card
    assert card.version == version_name(SOURCE)
    assert card.files["model.joblib"] == {"sha256": sha256(model(made)), "size": len(model(made))}
    assert card.schema.classes == ("setosa", "versicolor", "virginica")
    assert card.libraries["scikit-learn"] == "1.6.1"
    assert len(card.code_digest) == 64
    assert card.estimator["parameters"]["gamma"] == "auto"


def test_golden_requests_are_answered_by_the_loaded_model_and_are_nobodys_rows() -> None:
    made = trained()
    golden = made.card.golden
    assert set(golden.predictions) == {"setosa", "versicolor", "virginica"}
    assert golden.agrees(list(loaded(made).predict(golden.instances)))
    rows = {tuple(float(cell) for cell in line.split(",")[:4]) for line in ROWS}
    assert not rows & {tuple(instance) for instance in golden.instances}


@pytest.mark.parametrize("digits", [0, 1])
def test_golden_requests_of_coarse_data_are_nobodys_rows_either(digits: int) -> None:
    text = table(60, a=lambda i: i % 2, b=lambda i: round((i // 2) % 3, digits))
    rows = {tuple(float(c) for c in line.split(",")[:2]) for line in text.splitlines()[1:]}
    golden = trained(text).card.golden
    assert golden.instances
    assert not rows & {tuple(instance) for instance in golden.instances}


def test_figures_are_of_rows_that_the_model_has_not_seen() -> None:
    """Labels by chance: a model that is asked about its own training rows would shine."""
    chance = random.Random(5)
    made = trained(table(200, a=lambda i: chance.random() * 9, y=lambda i: chance.choice("ab")))
    metrics = made.card.metrics
    assert metrics["balanced_accuracy"] < 0.65
    assert metrics["evaluated_rows"] == metrics["rows"] == 200
    assert metrics["baseline_accuracy"] >= 0.5


def test_the_majority_does_not_pass_for_skill() -> None:
    chance = random.Random(6)
    text = table(400, a=lambda i: chance.random(), y=lambda i: "rare" if i % 50 == 0 else "usual")
    metrics = trained(text).card.metrics
    assert metrics["accuracy"] > 0.9
    assert metrics["balanced_accuracy"] < 0.65


def test_a_large_file_is_evaluated_on_one_fifth() -> None:
    metrics = trained(table(2_500)).card.metrics
    assert metrics["method"] == "hold-out of 1/5"
    assert metrics["evaluated_rows"] == 500


def test_warming_up_trains_and_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    warm()
    assert capsys.readouterr() == ("", "")


NUMBER = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        ["0", "-0", "1", "1e308", "-1e308", "5e-324", "", "NA", "12345678901234567890"]
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(
            st.tuples(*[NUMBER] * width, st.sampled_from(["a", "b", "NA", "01", "1"])),
            min_size=4,
            max_size=40,
        )
    )
)
def test_any_numbers_train_or_are_refused_and_never_crash(rows: list[tuple[str, ...]]) -> None:
    header = ",".join([*(f"f{i}" for i in range(len(rows[0]) - 1)), "y"])
    with contextlib.suppress(DatasetRejected):
        made = trained("\n".join([header, *map(",".join, rows)]))
        golden = made.card.golden
        if golden.instances:
            assert golden.agrees(list(loaded(made).predict(golden.instances)))
        assert Card.from_json(made.card.to_json()) == made.card
