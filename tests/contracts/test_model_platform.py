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
from tests.contracts.platforms import CLASSES, FLOWERS, Platform


def spec(version: str, uri: str, model: str = "iris") -> VersionSpec:
    return VersionSpec(model, version, uri, "2.11", "3.7", description="made by a test")


@pytest.fixture
def one(platform: Platform) -> Platform:
    """A platform with the model iris and its first version v1."""
    platform.models.ensure_model("iris")
    platform.models.create_version(spec("v1", platform.directory(1)))
    platform.settled("v1")
    return platform


@pytest.fixture
def two(one: Platform) -> Platform:
    """The same, with a second version v2."""
    one.models.create_version(spec("v2", one.directory(2)))
    one.settled("v2")
    return one


def names(platform: Platform) -> list[str]:
    """The versions of iris; where a model needs a version to be there, none is no model."""
    try:
        return sorted(info.version for info in platform.models.list_versions("iris"))
    except ModelNotFound:
        assert not platform.models.capabilities.empty_models
        return []


def test_a_model_may_be_ensured_twice(platform: Platform) -> None:
    platform.models.ensure_model("iris")
    platform.models.ensure_model("iris")
    assert names(platform) == []


def test_a_model_that_eight_threads_ensure_at_once_is_there(platform: Platform) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: platform.models.ensure_model("iris"), range(8)))
    assert names(platform) == []


def test_a_created_version_is_there_and_the_first_is_the_default(platform: Platform) -> None:
    platform.models.ensure_model("iris")
    uri = platform.directory(1)
    operation = platform.models.create_version(spec("v1", uri))
    info = platform.settled("v1")
    assert operation is not None
    assert platform.models.operation_error(operation) is None
    assert (info.model, info.version, info.deployment_uri) == ("iris", "v1", uri)
    assert (info.state, info.is_default, info.error_message) == ("READY", True, "")


def test_a_later_version_is_not_the_default_until_it_is_made_so(two: Platform) -> None:
    assert not two.models.get_version("iris", "v2").is_default
    two.models.set_default("iris", "v2")
    two.models.set_default("iris", "v2")
    assert two.models.get_version("iris", "v2").is_default
    assert not two.models.get_version("iris", "v1").is_default


def test_creating_the_same_version_again_is_success(one: Platform) -> None:
    assert one.models.create_version(spec("v1", one.directory(1))) is None


def test_a_version_name_that_serves_another_directory_is_taken(one: Platform) -> None:
    with pytest.raises(AlreadyExists):
        one.models.create_version(spec("v1", one.directory(2)))


def test_a_version_needs_its_model_or_brings_it(platform: Platform) -> None:
    if platform.models.capabilities.empty_models:
        with pytest.raises(ModelNotFound):
            platform.models.create_version(spec("v1", platform.directory(1), model="none"))
    else:
        platform.models.create_version(spec("v1", platform.directory(1), model="none"))
        assert [info.version for info in platform.models.list_versions("none")] == ["v1"]


def test_a_missing_model_is_told_from_a_missing_version(one: Platform) -> None:
    models = one.models
    with pytest.raises(ModelNotFound):
        models.get_version("none", "v1")
    with pytest.raises(VersionNotFound):
        models.get_version("iris", "v9")
    with pytest.raises(ModelNotFound):
        models.set_default("none", "v1")
    with pytest.raises(VersionNotFound):
        models.set_default("iris", "v9")
    with pytest.raises(ModelNotFound):
        models.predict("none", "v1", FLOWERS)
    with pytest.raises(VersionNotFound):
        models.predict("iris", "v9", FLOWERS)
    with pytest.raises(ModelNotFound):
        models.list_versions("none")


def test_all_versions_are_listed_over_all_pages(two: Platform) -> None:
    for name in ("v3", "v4", "v5"):
        two.models.create_version(spec(name, two.directory(1)))
    listed = two.models.list_versions("iris")
    assert sorted(info.version for info in listed) == ["v1", "v2", "v3", "v4", "v5"]
    assert [info.version for info in listed if info.is_default] == ["v1"]


def test_a_version_that_is_being_created_does_not_serve_yet(one: Platform) -> None:
    uri = one.directory(2)
    one.hold()
    operation = one.models.create_version(spec("v2", uri))
    assert operation is not None
    assert one.models.operation_error(operation) is None
    assert one.models.get_version("iris", "v2").state == "CREATING"
    with pytest.raises(VersionNotReady):
        one.models.predict("iris", "v2", FLOWERS)
    with pytest.raises(InvalidRequest):
        one.models.set_default("iris", "v2")
    with pytest.raises(InvalidRequest):
        one.models.delete_version("iris", "v2")
    one.release()
    assert one.settled("v2").state == "READY"
    assert one.models.operation_error(operation) is None
    assert one.models.predict("iris", "v2", FLOWERS[:1]) == [2]


def test_a_version_that_cannot_load_says_why(platform: Platform) -> None:
    platform.models.ensure_model("iris")
    operation = platform.models.create_version(spec("v1", platform.broken()))
    info = platform.settled("v1")
    assert operation is not None
    assert info.state == "FAILED"
    assert "Failed to load model" in info.error_message
    assert "Failed to load model" in (platform.models.operation_error(operation) or "")


def test_an_operation_that_never_was_is_not_found(platform: Platform) -> None:
    with pytest.raises(OperationNotFound):
        platform.models.operation_error("projects/p/operations/none")


def test_a_deleted_version_is_gone_and_may_be_deleted_again(two: Platform) -> None:
    two.models.delete_version("iris", "v2")
    two.models.delete_version("iris", "v2")
    two.models.delete_version("none", "v1")
    with pytest.raises(VersionNotFound):
        two.models.get_version("iris", "v2")


def test_the_default_is_deleted_only_when_it_is_the_last(two: Platform) -> None:
    with pytest.raises(InvalidRequest):
        two.models.delete_version("iris", "v1")
    two.models.delete_version("iris", "v2")
    two.models.delete_version("iris", "v1")
    assert names(two) == []


def test_a_version_is_asked_by_its_name(two: Platform) -> None:
    assert two.models.predict("iris", "v1", FLOWERS) == CLASSES
    assert two.models.predict("iris", "v2", FLOWERS) == [(each + 1) % 3 for each in CLASSES]


def test_instances_that_the_model_cannot_take_are_refused(one: Platform) -> None:
    with pytest.raises(InvalidRequest, match="features"):
        one.models.predict("iris", "v1", [[1, 2]])
