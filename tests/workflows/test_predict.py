"""The predict workflow over the in-memory store and platform, with a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from shared.core import artifact
from shared.core.errors import (
    ArtifactRefused,
    InstancesRejected,
    InvalidRequest,
    ModelNotFound,
    NewerFormat,
    PermissionDenied,
    PlatformUnavailable,
    StorageUnavailable,
    VersionNotFound,
    VersionNotReady,
)
from shared.core.ports import Fetched
from shared.core.schema import Feature, Schema
from shared.workflows.predict import Predict, Prediction, Request
from tests.fakes.platform import FakePlatform, FakePredictor
from tests.fakes.store import FakeObjectReader, FakeObjectStore
from tests.release import IRIS, make_default, put_version, settings

T = TypeVar("T")
ROWS = [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]


class World:
    """A workflow with everything around it."""

    def __init__(self) -> None:
        self.store, self.platform = FakeObjectStore(), FakePlatform()
        self.predictor = FakePredictor(self.platform)
        self.time = 100.0
        self.predict = Predict(
            FakeObjectReader(self.store), self.predictor, settings(), lambda: self.time
        )

    def release(self, number: int, schema: Schema | None = IRIS, *, default: bool = True) -> str:
        version = put_version(self.store, self.platform, number, schema)
        if default:
            make_default(self.store, version)
        return version

    def ask(
        self, instances: Any = ROWS, version: str | None = None, model: str = "iris"
    ) -> Prediction:
        return asyncio.run(self.predict(Request(model, version, instances)))

    def reads(self) -> list[tuple[str, str, str]]:
        """The reads since the last look."""
        calls, self.store.calls = self.store.calls, []
        return calls


@pytest.fixture
def world() -> World:
    return World()


def test_the_default_version_is_asked_by_name(world: World) -> None:
    first, second = world.release(1), world.release(2)
    assert world.platform.default("iris") == first
    assert world.ask() == Prediction([6.8, 6.0], second)
    assert ("predict", "iris", second) in world.platform.calls


def test_a_version_in_the_path_is_asked_whatever_the_default(world: World) -> None:
    first = world.release(1)
    world.release(2)
    assert world.ask(version=first).version == first


def test_a_pinned_version_is_held_to_its_own_schema(world: World) -> None:
    narrow = Schema((Feature("a"),), "y", None)
    first = world.release(1, narrow)
    world.release(2)
    assert world.ask([[1]], version=first).predictions == [1]
    with pytest.raises(InstancesRejected):
        world.ask(ROWS, version=first)


def test_objects_reach_the_model_in_schema_order(world: World) -> None:
    world.release(1)
    row = dict(zip(reversed(IRIS.names), (1.4, 4.8, 2.8, 6.8), strict=True))
    assert world.ask([row]).predictions == [6.8]


def test_wrong_instances_never_reach_the_platform(world: World) -> None:
    world.release(1)
    with pytest.raises(InstancesRejected):
        world.ask([[1, 2, 3, "4"]])
    assert "predict" not in [call[0] for call in world.platform.calls]


@pytest.mark.parametrize("model", ["rose", "no-name", "../iris", "", "x" * 200, "IRIS"])
def test_a_model_that_is_not_there_is_not_found(world: World, model: str) -> None:
    world.release(1)
    with pytest.raises(ModelNotFound):
        world.ask(model=model)


@pytest.mark.parametrize("version", ["v20200101_000000_00000000", "no-name", "", "v1/../v2"])
def test_a_version_that_is_not_there_is_not_found(world: World, version: str) -> None:
    world.release(1)
    with pytest.raises(VersionNotFound):
        world.ask(version=version)


def test_a_name_that_is_not_legal_is_never_looked_for(world: World) -> None:
    for model in ("no-name", "../iris", "a/b"):
        with pytest.raises(ModelNotFound):
            world.ask(model=model)
    with pytest.raises(VersionNotFound):
        world.ask(version="../v1")
    assert world.reads() == []
    assert world.platform.calls == []


def test_a_version_of_a_model_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(ModelNotFound):
        world.ask(version="v1")


def test_a_warm_request_reads_nothing(world: World) -> None:
    world.release(1)
    world.ask()
    world.reads()
    world.time += 1.0
    world.ask()
    assert world.reads() == []


def test_a_default_older_than_a_second_is_read_again_and_only_that(world: World) -> None:
    world.release(1)
    world.ask()
    world.reads()
    world.time += 1.001
    world.ask()
    assert world.reads() == [("fetch", "state", "defaults/iris.json")]


def test_a_new_default_counts_after_a_second_at_the_latest(world: World) -> None:
    first = world.release(1)
    world.ask()
    second = world.release(2)
    assert world.ask().version == first
    world.time += 1.001
    assert world.ask().version == second


def test_an_unchanged_default_is_not_sent_again(world: World) -> None:
    sent: list[Fetched] = []

    class Watching(FakeObjectReader):
        async def fetch(
            self, bucket: str, name: str, *, if_generation_not_match: int | None = None
        ) -> Fetched:
            fetched = await super().fetch(
                bucket, name, if_generation_not_match=if_generation_not_match
            )
            sent.append(fetched)
            return fetched

    version = world.release(1)
    predict = Predict(Watching(world.store), world.predictor, settings(), lambda: world.time)
    asyncio.run(predict(Request("iris", None, ROWS)))
    world.time += 2
    sent.clear()
    assert asyncio.run(predict(Request("iris", None, ROWS))).version == version
    assert [fetched.data for fetched in sent] == [None]


def test_a_default_that_vanished_and_one_that_came_are_seen(world: World) -> None:
    with pytest.raises(ModelNotFound):
        world.ask()
    first = world.release(1)
    world.time += 2
    assert world.ask().version == first
    meta = world.store.live("state", "defaults/iris.json")[1]
    world.store.delete("state", "defaults/iris.json", if_generation_match=meta.generation)
    world.time += 2
    with pytest.raises(ModelNotFound):
        world.ask()


def test_the_age_of_a_default_counts_from_the_start_of_its_read(world: World) -> None:
    world.release(1)

    def slow(operation: str, bucket: str, name: str) -> None:
        if name.startswith("defaults/"):
            world.time += 0.9

    world.store.on_answer = slow
    world.ask()
    world.reads()
    world.time += 0.2
    world.ask()
    assert [call[0] for call in world.reads()] == ["fetch"]


class Gated(FakeObjectReader):
    """A reader whose fetches wait for a gate once they have read."""

    def __init__(self, store: FakeObjectStore) -> None:
        super().__init__(store)
        self.gates: list[asyncio.Event] = []

    async def fetch(
        self, bucket: str, name: str, *, if_generation_not_match: int | None = None
    ) -> Fetched:
        fetched = await super().fetch(bucket, name, if_generation_not_match=if_generation_not_match)
        if name.startswith("defaults/"):
            self.gates.append(asyncio.Event())
            await self.gates[-1].wait()
        return fetched


def gated(world: World, scenario: Callable[[Gated, Predict], Awaitable[T]]) -> T:
    async def play() -> T:
        reader = Gated(world.store)
        predict = Predict(reader, world.predictor, settings(), lambda: world.time)
        return await scenario(reader, predict)

    return asyncio.run(play())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


def test_concurrent_requests_share_one_read(world: World) -> None:
    world.release(1)

    async def scenario(reader: Gated, predict: Predict) -> None:
        asked = [asyncio.ensure_future(predict(Request("iris", None, ROWS))) for _ in range(20)]
        await until(lambda: bool(reader.gates))
        reader.gates[0].set()
        await asyncio.gather(*asked)
        assert len(reader.gates) == 1

    gated(world, scenario)
    names = [name.rpartition("/")[2].partition("-")[0] for _, _, name in world.reads()]
    assert sorted(names) == ["card", "iris.json", "model.joblib"]


def test_a_read_that_began_too_long_ago_is_not_joined(world: World) -> None:
    first = world.release(1)

    async def scenario(reader: Gated, predict: Predict) -> list[str]:
        early = asyncio.ensure_future(predict(Request("iris", None, ROWS)))
        await until(lambda: len(reader.gates) == 1)
        make_default(world.store, second)
        world.time += 1.5
        late = asyncio.ensure_future(predict(Request("iris", None, ROWS)))
        await until(lambda: len(reader.gates) == 2)
        reader.gates[1].set()
        answers = [(await late).version]
        reader.gates[0].set()
        answers.append((await early).version)
        answers.append((await predict(Request("iris", None, ROWS))).version)
        return answers

    second = world.release(2, default=False)
    assert gated(world, scenario) == [second, first, second]


def test_a_default_deleted_a_moment_ago_is_resolved_again(world: World) -> None:
    first = world.release(1)
    assert world.ask().version == first
    narrow = Schema((Feature("a"),), "y", None)
    second = world.release(2, narrow)
    world.platform.set_default("iris", second)
    world.platform.delete_version("iris", first)
    with pytest.raises(InstancesRejected):
        world.ask()
    assert world.ask([[7]]) == Prediction([7], second, kind="number")


def test_a_default_that_the_platform_does_not_serve_is_no_mistake_of_the_caller(
    world: World,
) -> None:
    first, second = world.release(1), world.release(2)
    world.platform.set_default("iris", first)
    world.platform.delete_version("iris", second)
    with pytest.raises(VersionNotReady):
        world.ask()


def test_where_a_pinned_version_lies_is_asked_once_a_second(world: World) -> None:
    first = world.release(1)
    for step in (0.0, 0.5, 0.6):
        world.time += step
        world.ask(version=first)
    asked = [call for call in world.platform.calls if call[0] == "deployment_uri"]
    assert len(asked) == 2


def test_a_pinned_version_that_is_gone_is_not_replaced(world: World) -> None:
    first = world.release(1)
    second = world.release(2)
    world.platform.set_default("iris", second)
    world.platform.delete_version("iris", first)
    with pytest.raises(VersionNotFound):
        world.ask(version=first)


@pytest.mark.parametrize(
    "error", [PlatformUnavailable, VersionNotReady, PermissionDenied, InvalidRequest]
)
def test_what_the_platform_raises_comes_through(world: World, error: type[Exception]) -> None:
    world.release(1)

    def fail(operation: str, model: str, version: str) -> None:
        if operation == "predict":
            raise error("as it is")

    world.platform.on_call = fail
    with pytest.raises(error):
        world.ask()


def test_too_few_predictions_are_the_platforms_failure(world: World) -> None:
    world.release(1)
    world.platform.answer = lambda uri, instances: [1]
    with pytest.raises(PlatformUnavailable, match="1 predictions for 2 instances"):
        world.ask()


def test_a_failed_read_is_tried_again_by_the_next_request(world: World) -> None:
    world.release(1)

    def fail(operation: str, bucket: str, name: str) -> None:
        raise StorageUnavailable("not now")

    world.store.on_call = fail
    with pytest.raises(StorageUnavailable):
        world.ask()
    world.store.on_call = None
    world.ask()


def test_a_default_by_a_newer_writer_is_not_guessed_at(world: World) -> None:
    world.store.put("state", "defaults/iris.json", b'{"format": 99}')
    with pytest.raises(NewerFormat):
        world.ask()


def test_a_version_without_a_card_takes_any_sound_instances(world: World) -> None:
    version = world.release(1, None)
    assert world.ask([[1, "x", None]]) == Prediction([1], version, kind="raw")
    with pytest.raises(InstancesRejected):
        world.ask([[float("nan")]])
    world.reads()
    world.ask([[1]], version=version)
    assert world.reads() == []


@pytest.mark.parametrize(
    "uri",
    [
        "gs://elsewhere/dir",
        "gs://elsewhere/models/iris/dir/",
        "gs://models/staging/dir/",
        "gs://models",
    ],
)
def test_a_directory_outside_our_models_is_never_read(world: World, uri: str) -> None:
    put_version(world.store, world.platform, 1, None, uri=uri)
    version = world.platform.default("iris")
    assert version
    assert world.ask([[1]], version=version).version == version
    assert world.reads() == []


def test_a_directory_that_is_gone_is_no_hindrance_and_looked_for_again(world: World) -> None:
    uri = "gs://models/models/iris/by_hand/"
    put_version(world.store, world.platform, 1, None, uri=uri, write=False)
    version = world.platform.default("iris")
    for _ in range(2):
        assert world.ask([[1]], version=version).predictions == [1]
        assert [call[0] for call in world.reads()] == ["metadata"]


def joblib_name(version: str) -> str:
    return f"{artifact.directory_of_version('iris', version)}{artifact.MODEL_FILE}"


@pytest.mark.parametrize(
    "metadata",
    [
        {artifact.CARD_METADATA: "card-x.json", artifact.CARD_SHA256_METADATA: "0" * 64},
        {artifact.CARD_METADATA: "card-x.json"},
        {artifact.CARD_METADATA: "../x/card.json", artifact.CARD_SHA256_METADATA: "0" * 64},
    ],
    ids=["missing", "no digest", "elsewhere"],
)
def test_a_card_that_cannot_be_had_stops_the_version(
    world: World, metadata: dict[str, str]
) -> None:
    version = world.release(1)
    world.store.set_metadata("models", joblib_name(version), metadata)
    with pytest.raises(ArtifactRefused):
        world.ask()


@pytest.mark.parametrize("place", ["{name}", "../{folder}/{name}"])
def test_a_card_named_without_its_digest_or_elsewhere_stops_the_version(
    world: World, place: str
) -> None:
    version = world.release(1)
    named = dict(world.store.live("models", joblib_name(version))[1].metadata)
    card = named[artifact.CARD_METADATA]
    folder = joblib_name(version).split("/")[-2]
    named[artifact.CARD_METADATA] = place.format(name=card, folder=folder)
    if "/" in place:
        data = world.store.live("models", joblib_name(version).replace("model.joblib", card))[0]
        elsewhere = named[artifact.CARD_METADATA]
        world.store.put("models", joblib_name(version).replace("model.joblib", elsewhere), data)
    else:
        del named[artifact.CARD_SHA256_METADATA]
    world.store.set_metadata("models", joblib_name(version), named)
    with pytest.raises(ArtifactRefused, match="does not name its card well"):
        world.ask()


def test_a_card_that_was_changed_stops_the_version(world: World) -> None:
    version = world.release(1)
    meta = world.store.live("models", joblib_name(version))[1]
    name = joblib_name(version).replace(artifact.MODEL_FILE, meta.metadata[artifact.CARD_METADATA])
    data = world.store.live("models", name)[0]
    world.store.put("models", name, data.replace(b"petal", b"metal"))
    with pytest.raises(ArtifactRefused, match="is not the one"):
        world.ask()


def test_schemas_and_defaults_kept_are_bounded(world: World) -> None:
    for number in range(1100):
        with pytest.raises(ModelNotFound):
            world.ask(model=f"m{number}")
    assert len(world.predict.defaults._seen) == 1024
