"""A model.joblib becomes a version, proven before it is the default, in any order."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import joblib
import pytest
from sklearn.svm import SVC

from shared.core.artifact import default_name, drop_id, version_name
from shared.core.card import SCIKIT_LEARN
from shared.core.default import chosen
from shared.core.errors import InvalidRequest, StorageUnavailable, VersionNotReady
from shared.core.event import ObjectFinalized
from shared.core.ports import Capabilities
from shared.core.source import Source
from tests.workflows.test_choice import default
from tests.workflows.world import IRIS, MODELS, STATE, World


def trained(world: World, name: str = "data/iris/iris.csv") -> ObjectFinalized:
    """The event of a new model.joblib, with everything else delivered."""
    world.retrain(world.drop(IRIS, name))
    event = next(e for e in world.events if e.source.name.endswith("/model.joblib"))
    world.events.clear()
    return event


def pin(world: World, version: str) -> None:
    current = default(world)
    wanted = chosen(current, replace(current, version=version), "somebody")
    assert wanted
    world.store.put(STATE, default_name("iris"), wanted.to_json())


def hand_made(world: World, name: str = "models/iris/mine/model.joblib") -> ObjectFinalized:
    stream = io.BytesIO()
    joblib.dump(SVC(gamma="auto").fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]), stream)
    world.store.put(MODELS, name, stream.getvalue())
    return world.events.pop()


def test_a_model_made_by_hand_is_released_under_its_own_source() -> None:
    world = World()
    event = hand_made(world)
    assert world.deploy(event).step == "live"
    assert world.platform.default("iris") == version_name(event.source)
    assert world.story("iris", drop_id(event.source))["state"] == "live"
    (info,) = world.platform.list_versions("iris")
    assert info.deployment_uri == f"gs://{MODELS}/models/iris/mine/"


def test_a_copied_model_directory_is_a_version_of_its_own() -> None:
    world = World()
    first = trained(world)
    world.deploy(first)
    old = first.source.name.rpartition("/")[0]
    for name in [n for n in world.store.names(MODELS) if n.startswith(f"{old}/")]:
        data, meta = world.store.live(MODELS, name)
        world.sleep(1)
        world.store.put(MODELS, name.replace(old, "models/iris/copy"), data, **meta.metadata)
    copy = next(e for e in world.events if e.source.name.endswith("/model.joblib"))
    assert world.deploy(copy).step == "live"
    assert len(world.platform.list_versions("iris")) == 2


def test_a_model_that_was_overwritten_since_is_left_to_its_successor() -> None:
    world = World()
    first, second = hand_made(world), hand_made(world)
    assert world.deploy(first).step == "ignored"
    assert world.deploy(second).step == "live"


def test_the_newest_source_is_the_default_in_whatever_order_they_come() -> None:
    world = World()
    old = trained(world, "data/iris/a.csv")
    world.sleep(1)
    new = trained(world, "data/iris/b.csv")
    assert world.deploy(new).step == "live"
    outcome = world.deploy(old)
    assert (outcome.step, outcome.facts["reason"]) == ("ready", "superseded_by_newer")
    assert world.platform.default("iris") == outcome.facts["default"]


def test_a_pinned_default_stays_and_the_new_version_is_ready() -> None:
    world = World()
    world.deploy(trained(world))
    first = default(world).version
    pin(world, first)
    world.sleep(1)
    outcome = world.deploy(trained(world))
    assert (outcome.step, outcome.facts["reason"]) == ("ready", "pinned")
    assert default(world).version == world.platform.default("iris") == first


def test_answers_that_differ_from_the_golden_ones_fail_the_release() -> None:
    world = World()
    world.deploy(trained(world))
    first = default(world).version
    world.sleep(1)
    event = trained(world)
    world.platform.answer = lambda uri, instances: ["setosa"] * len(instances)
    outcome = world.deploy(event)
    assert (outcome.step, outcome.facts["code"]) == ("failed", "release_failed")
    assert default(world).version == world.platform.default("iris") == first
    assert world.deploy(event).step == "done_before"


def test_a_version_that_does_not_load_fails_with_the_platforms_words() -> None:
    world = World()
    event = trained(world)
    world.platform.ready_at_once = False

    def fail(operation: str, model: str, version: str) -> None:
        if operation == "get_version":
            world.platform.on_call = None
            world.platform.finish(model, version, "Bad model detected")

    world.platform.on_call = fail
    outcome = world.deploy(event)
    assert (outcome.step, outcome.facts["reason"]) == ("failed", "Bad model detected")


def test_a_version_that_takes_too_long_is_waited_for_by_redelivery() -> None:
    world = World()
    event = trained(world)
    world.platform.ready_at_once = False
    start = world.now
    with pytest.raises(VersionNotReady):
        world.deploy(event)
    assert (world.now - start).total_seconds() < world.settings.release_deadline_seconds + 5
    version = world.platform.list_versions("iris")[0].version
    world.platform.finish("iris", version)
    assert world.deploy(event).step == "live"


def test_a_creation_that_failed_meanwhile_is_known_from_its_recorded_operation() -> None:
    world = World()
    event = trained(world)
    world.platform.ready_at_once = False
    with pytest.raises(VersionNotReady):
        world.deploy(event)
    world.platform.finish("iris", world.platform.list_versions("iris")[0].version, "no memory")
    outcome = world.deploy(event)
    assert (outcome.step, outcome.facts["reason"]) == ("failed", "no memory")


def test_a_card_that_was_changed_is_refused_and_the_drop_ends() -> None:
    world = World()
    event = trained(world)
    (name,) = [n for n in world.store.names(MODELS) if "/card-" in n]
    world.store.put(MODELS, name, world.store.live(MODELS, name)[0] + b" ")
    outcome = world.deploy(event)
    assert (outcome.step, outcome.facts["code"]) == ("failed", "artifact_refused")
    assert world.platform.calls == []
    (story,) = world.stories().values()
    assert story["state"] == "failed"


def test_a_call_that_the_platform_refuses_ends_the_drop() -> None:
    world = World()
    event = trained(world)

    def refuse(operation: str, model: str, version: str) -> None:
        if operation == "create_version":
            raise InvalidRequest("no such runtime")

    world.platform.on_call = refuse
    assert world.deploy(event).step == "failed"


def test_a_settled_drop_is_not_released_again_after_its_version_was_deleted() -> None:
    world = World()
    event = trained(world, "data/iris/a.csv")
    world.deploy(event)
    gone = default(world).version
    world.sleep(1)
    world.deploy(trained(world, "data/iris/b.csv"))
    world.platform.delete_version("iris", gone)
    assert world.deploy(event).step == "done_before"
    assert gone not in [v.version for v in world.platform.list_versions("iris")]


def test_a_default_that_moves_while_the_platform_is_told_is_followed() -> None:
    world = World()
    old = trained(world, "data/iris/a.csv")
    world.sleep(1)
    new = trained(world, "data/iris/b.csv")
    overtaken: list[str] = []

    def overtake(operation: str, model: str, version: str) -> None:
        if operation == "set_default" and not overtaken:
            overtaken.append(version)
            world.deploy(new)

    first = hand_made(world, "models/iris/first/model.joblib")
    older = Source(
        first.source.bucket, first.source.name, first.source.generation, "2020-01-01T00:00:00Z"
    )
    world.deploy(replace(first, source=older))
    world.platform.on_call = overtake
    assert world.deploy(old).step == "live"
    assert overtaken
    assert world.platform.default("iris") == default(world).version
    assert default(world).order == new_order(world, new)


def new_order(world: World, event: ObjectFinalized) -> tuple[str, int, str]:
    """The order of the CSV that a model.joblib comes from."""
    drop = event.source.name.split("/model_")[1].partition("/")[0]
    source = world.story("iris", drop)["source"]
    return Source.from_dict(source).order


def when(world: World, operation: str, name: str, then: Callable[[], object]) -> None:
    """Do something else once, just before the next call of that operation on that name."""

    def hook(called: str, where: str, what: str) -> None:
        if called == operation and name in (where, what):
            world.store.on_call = world.platform.on_call = None
            then()

    world.store.on_call = world.platform.on_call = hook


def two(world: World) -> tuple[ObjectFinalized, ObjectFinalized]:
    """An older and a newer model.joblib, and a version that is the default already."""
    world.deploy(trained(world, "data/iris/before.csv"))
    world.sleep(1)
    old = trained(world, "data/iris/a.csv")
    world.sleep(1)
    return old, trained(world, "data/iris/b.csv")


def test_a_newer_default_that_comes_between_reading_and_writing_stays() -> None:
    world = World()
    old, new = two(world)
    when(world, "write", default_name("iris"), lambda: world.deploy(new))
    assert world.deploy(old).step == "ready"
    assert default(world).order == new_order(world, new)


def test_a_newer_default_that_comes_while_the_platform_is_asked_is_not_set_back() -> None:
    world = World()
    old, new = two(world)
    version = f"v{old.source.name.split('/model_')[1].partition('/')[0]}"
    moved: list[object] = []

    def ask(operation: str, model: str, asked: str) -> None:
        if operation == "get_version" and default(world).version == version and not moved:
            moved.append(None)
            world.deploy(new)

    world.platform.on_call = ask
    assert world.deploy(old).step == "live"
    assert moved
    assert ("set_default", "iris", version) not in world.platform.calls


def test_a_drop_that_another_delivery_made_live_is_not_called_ready_afterwards() -> None:
    world = World()
    old, new = two(world)
    when(world, "write", default_name("iris"), lambda: (world.deploy(old), world.deploy(new)))
    assert world.deploy(old).step == "done_before"
    drop = old.source.name.split("/model_")[1].partition("/")[0]
    assert world.story("iris", drop)["state"] == "live"


def test_an_operation_that_failed_counts_even_where_the_version_does_not_say_so() -> None:
    world = World()
    event = trained(world)
    world.platform.ready_at_once = False
    with pytest.raises(VersionNotReady):
        world.deploy(event)
    version = world.platform.list_versions("iris")[0].version
    world.platform.finish("iris", version, "no memory")
    world.platform.set_state("iris", version, "CREATING")
    assert world.deploy(event).facts["reason"] == "no memory"


def test_an_object_of_another_bucket_is_not_ours() -> None:
    world = World()
    event = trained(world)
    world.store.calls.clear()
    elsewhere = replace(event, source=replace(event.source, bucket="elsewhere"))
    assert world.deploy(elsewhere).step == "ignored"
    assert world.store.calls == []


def test_a_model_that_vanishes_once_it_is_the_default_is_told_as_live() -> None:
    world = World()
    event = hand_made(world)

    def die(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and name.endswith("/60_live.json"):
            world.store.on_call = None
            raise StorageUnavailable("not now")

    world.store.on_call = die
    with pytest.raises(StorageUnavailable):
        world.deploy(event)
    hand_made(world)
    assert world.deploy(event).step == "live"
    assert world.story("iris", drop_id(event.source))["state"] == "live"


def test_a_model_that_vanishes_before_its_release_ended_is_told_as_failed() -> None:
    world = World()
    event = hand_made(world)
    world.platform.ready_at_once = False
    with pytest.raises(VersionNotReady):
        world.deploy(event)
    hand_made(world)
    outcome = world.deploy(event)
    assert (outcome.step, outcome.facts["code"]) == ("failed", "superseded")
    assert world.deploy(event).step == "ignored"


def test_a_model_of_another_scikit_learn_is_refused_before_anything_is_created() -> None:
    world = World()
    event = trained(world)
    world.platform.capabilities = Capabilities(scikit_learn="1.5")
    outcome = world.deploy(event)
    assert (outcome.step, outcome.facts["code"]) == ("failed", "library_skew")
    assert "1.6.1" in outcome.facts["reason"]
    assert "1.5" in outcome.facts["reason"]
    assert world.platform.calls == []


def test_the_same_minor_version_is_no_skew() -> None:
    world = World()
    event = trained(world)
    world.platform.capabilities = Capabilities(scikit_learn=SCIKIT_LEARN)
    assert world.deploy(event).step == "live"


@pytest.mark.parametrize("probabilities", [True, False])
def test_what_a_platform_cannot_answer_is_skipped_and_said(probabilities: bool) -> None:
    world = World()
    event = trained(world)
    world.platform.capabilities = Capabilities(probabilities=probabilities)
    world.deploy(event)
    (story,) = world.stories().values()
    assert bool(story["skipped"]) is not probabilities


def test_the_minor_version_of_the_project_is_the_pinned_one() -> None:
    pinned = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'"scikit-learn=={SCIKIT_LEARN}.' in pinned


def test_a_recorded_operation_that_the_platform_forgot_fails_nothing() -> None:
    world = World()
    event = trained(world)
    world.platform.ready_at_once = False
    with pytest.raises(VersionNotReady):
        world.deploy(event)
    world.platform._operations.clear()
    with pytest.raises(VersionNotReady):
        world.deploy(event)
    (info,) = world.platform.list_versions("iris")
    world.platform.set_state("iris", info.version, "READY")
    assert world.deploy(event).step == "live"


@pytest.mark.parametrize("during", ["create_version", "predict"])
def test_a_model_that_goes_while_its_version_is_released_is_made_again(during: str) -> None:
    """As when its last other version was deleted, and a platform deletes the model with it."""
    world = World()
    event = trained(world)

    def vanish(operation: str, model: str, version: str) -> None:
        if operation == during:
            world.platform.on_call = None
            del world.platform._models["iris"]

    world.platform.on_call = vanish
    with pytest.raises(VersionNotReady):
        world.deploy(event)
    assert world.deploy(event).step == "live"
