"""From bytes to a model and its card: the seed's model, the same every time, in nobody's rows."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import SVC

from shared.core.artifact import version_name
from shared.core.card import Card, sha256
from shared.core.errors import DatasetRejected
from shared.core.source import Source
from shared.training.inputs import File, Inputs, Reference
from shared.training.judging.seen import Seen
from shared.training.rival import Rival, choice_of
from shared.training.trainer import Trained, train
from shared.training.warm import warm
from tests.workflows.world import IRIS

SOURCE = Source("data", "data/iris/iris.csv", 7, "2026-11-22T13:00:00.250Z")
NAMES = ("species", "label", "y")
ROOT = Path(__file__).parents[2]
TWO = [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]
HEAD, *ROWS = IRIS.decode().splitlines()


def trained(data: bytes | str = IRIS, toml: str = "", **metadata: str) -> Trained:
    content = data.encode() if isinstance(data, str) else data
    file = File(SOURCE, len(content))
    inputs = Inputs("iris", SOURCE, (file,), NAMES, "", metadata, toml=toml)
    return train(inputs, lambda _: io.BytesIO(content))


def table(rows: int = 60, **columns: object) -> str:
    """Two numbers of which the first tells the label; columns can be added or replaced."""
    make = {
        "a": lambda i: f"{(i * 7) % 11}.5",
        "b": lambda i: f"{(i * 5) % 13}.25",
        "y": lambda i: "yes" if (i * 7) % 11 > 4 else "no",
    } | columns
    order = [name for name in make if name != "y"] + ["y"]
    lines = [",".join(str(make[name](i)) for name in order) for i in range(rows)]  # type: ignore[operator]
    return "\n".join([",".join(order), *lines]) + "\n"


def gap(row: int) -> str:
    return "" if row % 9 == 4 else f"{(row * 7) % 11}.5"


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
    same = loaded(trained()).predict(grid) == plain.predict(grid)
    assert same[: len(values)].all()
    assert same.mean() > 0.999  # far off the data, where its probabilities are even


def test_rows_in_any_order_give_the_same_bytes() -> None:
    shuffled = "\n".join([HEAD, *random.Random(3).sample(ROWS, len(ROWS))])
    assert trained(shuffled) == trained()


def test_gaps_are_filled_inside_the_model_and_null_is_one() -> None:
    made = trained(table(a=gap))
    assert made.card.schema.features[0].nullable
    assert made.card.estimator["impute"] == "median"
    with_null, with_nan = (
        loaded(made).predict([[None, 3.25]]),
        loaded(made).predict([[np.nan, 3.25]]),
    )
    assert list(with_null) == list(with_nan)


@pytest.mark.parametrize("data", [IRIS.decode(), table(a=gap)])
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
    tells = {"a": lambda i: i % 2, "y": lambda i: "yn"[i % 2 or i % 7 == 0]}
    text = table(60, b=lambda i: round((i // 2) % 3, digits), **tells)
    rows = {tuple(float(c) for c in line.split(",")[:2]) for line in text.splitlines()[1:]}
    golden = trained(text).card.golden
    assert golden.instances
    assert not rows & {tuple(instance) for instance in golden.instances}


def refusal(data: str, toml: str = "", **metadata: str) -> DatasetRejected:
    with pytest.raises(DatasetRejected) as caught:
        trained(data, toml, **metadata)
    return caught.value


def by_chance(rows: int = 200) -> str:
    """Labels by chance: a model that is asked about its own training rows would shine."""
    chance = random.Random(5)
    return table(rows, a=lambda i: chance.random() * 9, y=lambda i: chance.choice("ab"))


def test_a_model_that_learnt_nothing_is_refused_with_the_figures_it_stands_on() -> None:
    refused = refusal(by_chance())
    assert [finding.code for finding in refused.findings] == ["no_signal"]
    assert refused.facts["metrics"]["balanced_accuracy"] < 0.65
    assert refused.facts["decision"]["accepted"] is False
    json.dumps(refused.facts)


def test_a_person_releases_it_all_the_same_by_drop_or_by_model() -> None:
    for made in (trained(by_chance(), gate="accept"), trained(by_chance(), "gate.decide='accept'")):
        assert made.card.facts["decision"]["code"] == "overridden"
        assert made.card.metrics["evaluated_rows"] == made.card.metrics["rows"] == 200


def test_the_majority_does_not_pass_for_skill() -> None:
    chance = random.Random(6)
    text = table(400, a=lambda i: chance.random(), y=lambda i: "rare" if i % 50 == 0 else "usual")
    metrics = refusal(text).facts["metrics"]
    assert metrics["accuracy"] > 0.9
    assert metrics["balanced_accuracy"] < 0.65


def test_a_large_file_is_judged_by_rows_that_the_model_never_saw() -> None:
    metrics = trained(table(2_500, a=lambda i: (i * 7) % 11 + i / 1e4)).card.metrics
    assert metrics["method"] == "hold-out"
    assert metrics["trained_rows"] + metrics["evaluated_rows"] == metrics["rows"] == 2_500
    assert 300 < metrics["evaluated_rows"] < 700


def test_a_model_of_all_rows_goes_live_where_that_is_asked_for_once_its_recipe_is_judged() -> None:
    """The label turns on the latest fifth of the days: only who learnt from them knows."""
    numbers = table(
        1_000,
        a=lambda i: (i * 7) % 11 + (20 if i >= 800 else 0),
        day=lambda i: i,
        y=lambda i: "yes" if ((i * 7) % 11 > 4) != (i >= 800) else "no",
    )
    split = 'estimator = "HistGradientBoosting"\nsplit = "time"\nsplit_column = "day"\n'
    kept = trained(numbers, split, gate="accept")
    refitted = trained(numbers, split + "refit = true\n", gate="accept")
    late = [[20, 1.25], [30, 1.25]]
    assert loaded(kept).predict(late).tolist() != ["yes", "no"]
    assert loaded(refitted).predict(late).tolist() == ["yes", "no"]
    assert refitted.card.metrics["confusion"] == kept.card.metrics["confusion"]
    assert "then fitted on all" in refitted.card.facts["split"]
    assert not all(marked(kept))
    assert all(marked(refitted))


def marked(made: Trained) -> list[bool]:
    """Of each row that the model has seen, whether it says that it was trained on it."""
    seen = next(data for name, data in made.files.items() if name.startswith("seen-"))
    return [bool(mark & 1) for mark in Seen.from_bytes(seen).marked.tolist()]


def test_a_model_is_compared_with_the_live_version_and_knows_what_that_has_seen() -> None:
    first = trained()
    seen = Seen.from_bytes(next(d for n, d in first.files.items() if n.startswith("seen-")))
    rival = Rival(first.card.version, first.card, loaded(first), seen)
    assert choice_of(first.card) is not None
    second = compared(rival)
    decision = second.card.facts["decision"]
    assert (decision["code"], decision["accepted"]) == ("accepted", True)
    assert decision["comparison"]["difference"]["by"] == 0
    assert second.card.facts["drift"]["level"] == "none"
    assert second.card.facts["champion"] == {"version": rival.version, "lacking": ""}


def test_a_live_version_that_cannot_be_loaded_is_told_as_such() -> None:
    decision = compared(Rival("v0", lacking="it is gone")).card.facts["decision"]
    assert decision["code"] == "incomparable"
    assert "it is gone" in decision["reason"]


def compared(rival: Rival) -> Trained:
    """Iris, trained while another version is live."""
    reference = Reference("v0", "models/iris/v0/", "card-0.json", "", 1)
    file = File(SOURCE, len(IRIS))
    inputs = Inputs("iris", SOURCE, (file,), NAMES, "", champion=reference)
    return train(inputs, lambda _: io.BytesIO(IRIS), lambda _: rival)


def test_each_file_is_named_by_its_content_and_the_card_knows_them_all() -> None:
    made = trained()
    for name, data in made.files.items():
        assert made.card.files[name] == {"sha256": sha256(data), "size": len(data)}
        assert name == "model.joblib" or sha256(data)[:16] in name
    assert sorted(name.split("-")[0] for name in made.files) == ["model", "model.joblib", "seen"]


def test_stages_are_told_in_order_with_rows_as_soon_as_they_are_known() -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    inputs = Inputs("iris", SOURCE, (File(SOURCE, len(IRIS)),), NAMES, "")
    train(inputs, lambda _: io.BytesIO(IRIS), progress=lambda s, **facts: told.append((s, facts)))
    assert [stage for stage, _ in told] == ["read", "choose", "fit", "judge", "copy"]
    assert told[1][1] == {"rows": 150, "features": 4}


def test_equal_inputs_give_equal_bytes_in_another_process() -> None:
    program = (
        "from tests.training.test_trainer import trained; from shared.core.card import sha256;"
        "made = trained(); print(made.card.file_name, sha256(made.files['model.joblib']))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert answers == {f"{trained().card.file_name} {sha256(model(trained()))}\n"}


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
