"""Which objects wake which function, and for which model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.artifact import MODEL_NAME
from shared.core.errors import DatasetRejected
from shared.core.trigger import (
    DataDrop,
    ModelFile,
    NotOurs,
    nearest_model_name,
    parse_data_name,
    parse_model_name,
)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("data/iris/iris.csv", "iris"),
        ("data/data.csv", "flowers"),
        ("data/iris/2026/11/x.csv", "iris"),
        ("data/iris/../x.csv", "iris"),
        ("data/iris/a b#%2F?[\N{TULIP}.csv", "iris"),
        ("data/iris/X.CSV", "iris"),
        ("data/iris//x.csv", "iris"),
    ],
)
def test_a_csv_below_data_belongs_to_its_first_folder(name: str, model: str) -> None:
    assert parse_data_name(name, "flowers") == DataDrop(model)


@pytest.mark.parametrize(
    "name",
    [
        "data/iris/",
        "iris.csv",
        "models/iris/x.csv",
        "data/iris/x.csv.tmp",
        "data/iris/x.csv.gz",
        "data/iris/model.toml",
        "xdata/iris/x.csv",
        "",
    ],
)
def test_anything_else_is_not_ours_and_says_why(name: str) -> None:
    answer = parse_data_name(name, "iris")
    assert isinstance(answer, NotOurs)
    assert answer.reason


@pytest.mark.parametrize(
    ("folder", "nearest"),
    [
        ("Iris", "iris"),
        ("my-model", "my_model"),
        ("2026", "m_2026"),
        ("Été", "ete"),
        ("_", "m"),
        ("a" * 70, "a" * 62),
    ],
)
def test_an_illegal_folder_is_refused_with_the_nearest_name(folder: str, nearest: str) -> None:
    with pytest.raises(DatasetRejected) as caught:
        parse_data_name(f"data/{folder}/x.csv", "iris")
    assert caught.value.code == "bad_model_name"
    assert f"data/{nearest}/" in str(caught.value)


@given(st.text(max_size=80))
def test_the_nearest_name_is_always_legal(text: str) -> None:
    assert MODEL_NAME.fullmatch(nearest_model_name(text))


@pytest.mark.parametrize(
    "name",
    [
        "models/iris/model_20261122_130000_0a1b2c3d/model.joblib",
        "models/iris/by hand/deep/model.joblib",
    ],
)
def test_a_model_file_in_a_directory_triggers_a_version(name: str) -> None:
    directory = name.removesuffix("model.joblib")
    assert parse_model_name(name) == ModelFile("iris", directory)


@pytest.mark.parametrize(
    "name",
    [
        "models/iris/model.joblib",
        "models/model.joblib",
        "models/iris/x/inputs.json",
        "models/iris/x/model.joblib.tmp",
        "models/Iris/x/model.joblib",
        "data/iris/x/model.joblib",
    ],
)
def test_other_objects_trigger_no_version(name: str) -> None:
    assert isinstance(parse_model_name(name), NotOurs)
