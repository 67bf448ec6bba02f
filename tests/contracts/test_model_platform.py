"""What every ModelPlatform does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.core.errors import (
    AlreadyExists,
    InvalidRequest,
    ModelNotFound,
    OperationNotFound,
    VersionNotFound,
    VersionNotReady,
)
from shared.core.ports import VersionSpec
from tests.contracts.conftest import Platform


def spec(
    version: str = "v1", uri: str = "gs://b/models/iris/d/", model: str = "iris"
) -> VersionSpec:
    return VersionSpec(model, version, uri, "2.11", "3.12", description="made by a test")


@pytest.fixture
def with_model(platform: Platform) -> Platform:
    """A platform that has the model iris, without versions."""
    platform.models.ensure_model("iris")
    return platform


def test_a_model_may_be_ensured_twice(platform: Platform) -> None:
    platform.models.ensure_model("iris")
    platform.models.ensure_model("iris")
    assert platform.models.list_versions("iris") == []


def test_a_model_that_sixteen_threads_ensure_at_once_is_there(platform: Platform) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: platform.models.ensure_model("iris"), range(16)))
    assert platform.models.list_versions("iris") == []


def test_a_created_version_is_there_and_the_first_is_the_default(with_model: Platform) -> None:
    assert with_model.models.create_version(spec()) is not None
    info = with_model.models.get_version("iris", "v1")
    assert (info.model, info.version) == ("iris", "v1")
    assert info.deployment_uri == "gs://b/models/iris/d/"
    assert (info.state, info.is_default, info.error_message) == ("READY", True, "")


def test_a_later_version_is_not_the_default_until_it_is_made_so(with_model: Platform) -> None:
    with_model.models.create_version(spec("v1"))
    with_model.models.create_version(spec("v2"))
    assert not with_model.models.get_version("iris", "v2").is_default
    with_model.models.set_default("iris", "v2")
    with_model.models.set_default("iris", "v2")
    assert with_model.models.get_version("iris", "v2").is_default
    assert not with_model.models.get_version("iris", "v1").is_default


def test_creating_the_same_version_again_is_success(with_model: Platform) -> None:
    with_model.models.create_version(spec())
    assert with_model.models.create_version(spec()) is None


def test_a_version_name_that_serves_another_directory_is_taken(with_model: Platform) -> None:
    with_model.models.create_version(spec(uri="gs://b/one/"))
    with pytest.raises(AlreadyExists):
        with_model.models.create_version(spec(uri="gs://b/two/"))


def test_a_version_needs_its_model(platform: Platform) -> None:
    with pytest.raises(ModelNotFound):
        platform.models.create_version(spec(model="none"))


def test_a_missing_model_is_told_from_a_missing_version(with_model: Platform) -> None:
    models = with_model.models
    with pytest.raises(ModelNotFound):
        models.get_version("none", "v1")
    with pytest.raises(VersionNotFound):
        models.get_version("iris", "v1")
    with pytest.raises(ModelNotFound):
        models.set_default("none", "v1")
    with pytest.raises(VersionNotFound):
        models.set_default("iris", "v1")
    with pytest.raises(ModelNotFound):
        models.predict("none", "v1", [[1]])
    with pytest.raises(VersionNotFound):
        models.predict("iris", "v1", [[1]])
    with pytest.raises(ModelNotFound):
        models.list_versions("none")


def test_all_versions_are_listed_over_all_pages(with_model: Platform) -> None:
    names = {f"v{number}" for number in range(5)}
    for name in names:
        with_model.models.create_version(spec(name))
    listed = with_model.models.list_versions("iris")
    assert len(listed) == 5
    assert {info.version for info in listed} == names
    assert sum(info.is_default for info in listed) == 1


def test_a_version_that_is_being_created_does_not_serve_yet(with_model: Platform) -> None:
    with_model.behind.ready_at_once = False
    operation = with_model.models.create_version(spec())
    assert operation is not None
    assert with_model.models.operation_error(operation) is None
    assert with_model.models.get_version("iris", "v1").state == "CREATING"
    with pytest.raises(VersionNotReady):
        with_model.models.predict("iris", "v1", [[1]])
    with pytest.raises(InvalidRequest):
        with_model.models.set_default("iris", "v1")
    with pytest.raises(InvalidRequest):
        with_model.models.delete_version("iris", "v1")
    with_model.behind.finish("iris", "v1")
    assert with_model.models.operation_error(operation) is None
    assert with_model.models.predict("iris", "v1", [[1]]) == [1]


def test_a_version_that_cannot_load_says_why(with_model: Platform) -> None:
    with_model.behind.ready_at_once = False
    operation = with_model.models.create_version(spec())
    assert operation is not None
    with_model.behind.finish("iris", "v1", "Failed to load model")
    assert with_model.models.operation_error(operation) == "Failed to load model"
    info = with_model.models.get_version("iris", "v1")
    assert (info.state, info.error_message) == ("FAILED", "Failed to load model")


def test_an_operation_that_never_was_is_not_found(platform: Platform) -> None:
    with pytest.raises(OperationNotFound):
        platform.models.operation_error("projects/dropserve-local/operations/none")


def test_a_deleted_version_is_gone_and_may_be_deleted_again(with_model: Platform) -> None:
    with_model.models.create_version(spec("v1"))
    with_model.models.create_version(spec("v2"))
    with_model.models.delete_version("iris", "v2")
    with_model.models.delete_version("iris", "v2")
    with_model.models.delete_version("none", "v1")
    with pytest.raises(VersionNotFound):
        with_model.models.get_version("iris", "v2")


def test_the_default_is_deleted_only_when_it_is_the_last(with_model: Platform) -> None:
    with_model.models.create_version(spec("v1"))
    with_model.models.create_version(spec("v2"))
    with pytest.raises(InvalidRequest):
        with_model.models.delete_version("iris", "v1")
    with_model.models.delete_version("iris", "v2")
    with_model.models.delete_version("iris", "v1")
    assert with_model.models.list_versions("iris") == []


def test_a_version_is_asked_by_its_name(with_model: Platform) -> None:
    with_model.behind.answer = lambda uri, instances: [uri] * len(instances)
    with_model.models.create_version(spec("v1", "gs://b/one/"))
    with_model.models.create_version(spec("v2", "gs://b/two/"))
    assert with_model.models.predict("iris", "v2", [[1], [2]]) == ["gs://b/two/"] * 2
    assert with_model.models.predict("iris", "v1", []) == []


def test_instances_that_the_model_cannot_take_are_refused(with_model: Platform) -> None:
    with_model.models.create_version(spec())
    with pytest.raises(InvalidRequest, match="list of numbers"):
        with_model.models.predict("iris", "v1", ["no list"])
