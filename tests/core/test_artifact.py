"""Names and paths: one source, one name; two sources, two names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core import artifact
from shared.core.artifact import DataDrop, ModelFile, NotOurs
from shared.core.errors import DatasetRejected
from shared.core.source import Source

SOURCE = Source("data-bucket", "data/iris/iris.csv", 17, "2026-11-22T13:00:00.123Z")


def test_a_source_names_its_directory_version_and_drop() -> None:
    assert artifact.directory("iris", SOURCE) == f"models/iris/model_20261122_130000_{SOURCE.id}/"
    assert artifact.version_name(SOURCE) == f"v20261122_130000_{SOURCE.id}"
    assert artifact.drop_id(SOURCE) == f"20261122_130000_{SOURCE.id}"


def test_a_version_leads_back_to_its_drop_and_directory() -> None:
    version = artifact.version_name(SOURCE)
    assert artifact.drop_of_version(version) == artifact.drop_id(SOURCE)
    assert artifact.directory_of_version("iris", version) == artifact.directory("iris", SOURCE)
    assert artifact.version_of_directory(artifact.directory("iris", SOURCE)) == version
    assert artifact.drop_of_version("my_own_version") is None


def test_names_are_legal_on_every_target() -> None:
    version = artifact.version_name(SOURCE)
    assert artifact.VERSION_NAME.fullmatch(version)
    assert "_" not in artifact.vertex_alias(version)


@given(
    st.tuples(st.text(max_size=9), st.text(max_size=9), st.integers(0, 2**63)),
    st.tuples(st.text(max_size=9), st.text(max_size=9), st.integers(0, 2**63)),
)
def test_two_sources_never_share_an_id(
    left: tuple[str, str, int], right: tuple[str, str, int]
) -> None:
    one = Source(*left, time_created="2026-11-22T13:00:00Z")
    other = Source(*right, time_created="2026-11-22T13:00:00Z")
    newline_free = "\n" not in "".join((*left[:2], *right[:2]))
    if newline_free:
        assert (one.id == other.id) == (one == other)


def test_order_is_time_then_generation_then_name() -> None:
    def source(time: str, generation: int, name: str) -> Source:
        return Source("b", name, generation, f"2026-11-22T13:00:{time}Z")

    ordered = [
        source("00.1", 900, "b"),
        source("00.123", 1, "z"),
        source("00.123", 2, "a"),
        source("00.123", 2, "b"),
        source("01", 0, "a"),
    ]
    shuffled = [ordered[n] for n in (3, 0, 4, 2, 1)]
    assert sorted(shuffled, key=lambda item: item.order) == ordered


def test_a_source_survives_its_json() -> None:
    assert Source.from_dict(SOURCE.as_dict()) == SOURCE


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
    assert artifact.parse_data_name(name, "flowers") == DataDrop(model)


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
    answer = artifact.parse_data_name(name, "iris")
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
        artifact.parse_data_name(f"data/{folder}/x.csv", "iris")
    assert caught.value.code == "bad_model_name"
    assert f"data/{nearest}/" in str(caught.value)


@given(st.text(max_size=80))
def test_the_nearest_name_is_always_legal(text: str) -> None:
    assert artifact.MODEL_NAME.fullmatch(artifact.nearest_model_name(text))


@pytest.mark.parametrize(
    "name",
    [
        "models/iris/model_20261122_130000_0a1b2c3d/model.joblib",
        "models/iris/by hand/deep/model.joblib",
    ],
)
def test_a_model_file_in_a_directory_triggers_a_version(name: str) -> None:
    directory = name.removesuffix("model.joblib")
    assert artifact.parse_model_name(name) == ModelFile("iris", directory)


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
    assert isinstance(artifact.parse_model_name(name), NotOurs)
