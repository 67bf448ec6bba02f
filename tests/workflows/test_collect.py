"""Old versions go: marked first, files and version then, told last; a crash is repaired."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from shared.core.artifact import default_name, directory_of_version
from shared.core.errors import DropserveError, StorageUnavailable
from shared.core.ledger import entry_name
from shared.core.ports import VersionSpec
from shared.workflows.choice import ChoiceRefused
from shared.workflows.collect import Collector
from tests.workflows.test_choice import default, person, release, steps, story
from tests.workflows.world import IRIS, MODELS, STATE, World


def small(keep: int = 1, ceiling: int = 3) -> World:
    return World(KEEP_VERSIONS=str(keep), VERSIONS_CEILING=str(ceiling))


def collector(world: World, model: str = "iris") -> Collector:
    return Collector(model, world.settings, world.store, world.platform, world.clock)


def versions(world: World) -> list[str]:
    return sorted(info.version for info in world.platform.list_versions("iris"))


def test_a_release_collects_what_outgrows_the_share() -> None:
    world = small()
    released = [release(world) for _ in range(4)]
    assert versions(world) == released[2:]
    for gone in released[:2]:
        assert steps(world, gone)[-1] == "collected"
        assert story(world, gone)["state"] == "live"
        left = [n.rpartition("/")[2] for n in names(world, gone)]
        assert "inputs.json" in left
        assert not [name for name in left if name.startswith(("model", "seen"))]
        assert [name for name in left if name.startswith(("card", "report"))]
    assert collector(world).sweep() == []


def names(world: World, version: str) -> list[str]:
    folder = directory_of_version("iris", version) or ""
    return [name for name in world.store.names(MODELS) if name.startswith(folder)]


def test_two_models_share_the_ceiling() -> None:
    world = small(ceiling=6)
    world.events.append(world.drop(IRIS, "data/other/x.csv"))
    world.settle()
    released = [release(world) for _ in range(4)]
    assert versions(world) == released[2:]


def test_a_pinned_version_and_the_newest_good_ones_stay() -> None:
    world = small(keep=2, ceiling=3)
    first, _ = release(world), release(world)
    person(world).rollback()
    newer = [release(world) for _ in range(4)]
    assert default(world).version == first
    assert {first, *newer[-2:]} <= {*versions(world)}
    assert len(versions(world)) == 4  # with the one that the rollback came from


def test_a_version_that_is_being_deleted_can_not_be_chosen() -> None:
    world = small(ceiling=9)
    first, second, third = release(world), release(world), release(world)
    world.settings = replace(world.settings, versions_ceiling=2)
    refused = []

    def rush(operation: str, model: str, version: str) -> None:
        if operation == "delete_version" and not refused:
            refused.append(version)
            with pytest.raises(ChoiceRefused, match="is being deleted"):
                person(world).promote(version)
            assert person(world).rollback().version == second

    world.platform.on_call = rush
    assert collector(world).run() == [first]
    assert refused == [first]
    assert (default(world).version, versions(world)) == (second, [second, third])


def test_a_version_that_is_chosen_before_the_mark_stays() -> None:
    world = small(ceiling=9)
    first, _, third = release(world), release(world), release(world)
    world.settings = replace(world.settings, versions_ceiling=2)

    def rush(operation: str, bucket: str, name: str) -> None:
        if (operation, name) == ("write", default_name("iris")):
            world.store.on_call = None
            person(world).rollback(first)
            world.platform.set_default("iris", third)  # the platform would let it go

    world.store.on_call = rush
    assert collector(world).run() == []
    assert default(world).version == first
    assert first in versions(world)


def test_a_crash_anywhere_in_a_collection_is_repaired_by_the_next() -> None:
    for nth in itertools.count(1):
        world = small(ceiling=9)
        released = [release(world) for _ in range(3)]
        world.settings = replace(world.settings, versions_ceiling=2)
        calls = itertools.count(1)

        def fail(*_: str, calls: itertools.count[int] = calls, nth: int = nth) -> None:
            if next(calls) == nth:
                raise StorageUnavailable("not now")

        world.store.on_call = world.platform.on_call = fail
        try:
            collector(world).run()
        except StorageUnavailable:
            world.store.on_call = world.platform.on_call = None
            collector(world).sweep()
        else:
            break
        assert versions(world) == released[1:]
        assert steps(world, released[0]).count("collected") == 1
        assert not [n for n in names(world, released[0]) if n.endswith("model.joblib")]
    assert nth > 10


def test_a_version_that_a_late_call_made_again_goes_again() -> None:
    world = small(ceiling=2)
    first, *_ = [release(world) for _ in range(3)]
    uri = f"gs://{MODELS}/{directory_of_version('iris', first)}"
    world.platform.create_version(VersionSpec("iris", first, uri, "2.11", "3.12"))
    world.store.put(MODELS, f"{directory_of_version('iris', first)}model.joblib", b"late")
    world.events.clear()
    assert collector(world).sweep() == [first]
    assert first not in versions(world)
    assert not [n for n in names(world, first) if n.endswith("model.joblib")]


def test_a_redelivered_event_of_a_collected_version_makes_nothing() -> None:
    world = small(ceiling=2)
    world.sleep(1)
    event = world.drop()
    first = f"v{event.source.stamp}"
    world.retrain(event)
    model = next(e for e in world.events if e.source.name.endswith("model.joblib"))
    world.settle()
    release(world), release(world)
    assert steps(world, first)[-1] == "collected"
    assert world.deploy(model).step == "ignored"
    assert world.retrain(event).step == "done_before"
    assert first not in versions(world)


def test_what_a_person_made_is_never_collected() -> None:
    world = small(ceiling=2)
    release(world)
    world.platform.create_version(VersionSpec("iris", "mine", "gs://x/y/", "2.11", "3.12"))
    for _ in range(3):
        release(world)
    assert "mine" in versions(world)


def test_a_platform_that_keeps_a_version_is_asked_again_the_next_time() -> None:
    world = small(ceiling=9)
    first, _, _ = [release(world) for _ in range(3)]
    world.settings = replace(world.settings, versions_ceiling=2)
    world.platform.set_default("iris", first)  # a platform that is behind
    assert collector(world).run() == []
    assert steps(world, first)[-1] == "live"
    world.platform.set_default("iris", default(world).version)
    assert collector(world).run() == [first]


@pytest.mark.parametrize(("setting", "left"), [("keep", 2), ("remove", 1)])
def test_a_version_that_did_not_load_is_kept_or_removed_by_the_setting(
    setting: str, left: int
) -> None:
    world = World(FAILED_VERSIONS=setting)
    first = release(world)
    world.sleep(1)
    event = world.drop()
    bad = f"v{event.source.stamp}"
    world.platform.broken[f"gs://{MODELS}/{directory_of_version('iris', bad)}"] = "no such file"
    world.events.append(event)
    world.settle()
    told = story(world, bad)
    assert (told["state"], told["reason"], told["removed"]) == (
        "failed",
        "no such file",
        setting == "remove",
    )
    assert len(versions(world)) == left
    assert default(world).version == first


def test_one_that_answers_wrongly_is_removed_even_as_the_first_of_its_model() -> None:
    world = World()
    world.platform.answer = lambda uri, instances: ["wrong"]
    liar = release(world)
    assert story(world, liar)["removed"] is True
    assert versions(world) == []
    with pytest.raises(DropserveError):
        person(world).promote(liar)
    assert default_name("iris") not in world.store.names(STATE)


def test_a_version_that_became_the_one_before_while_it_was_found_old_stays() -> None:
    """A person went back to it and forth again: a rollback leads there."""
    world = small(ceiling=9)
    first, _, third = release(world), release(world), release(world)
    world.settings = replace(world.settings, versions_ceiling=2)

    def rush(operation: str, bucket: str, name: str) -> None:
        if (operation, name) == ("write", default_name("iris")):
            world.store.on_call = None
            person(world).rollback(first)
            person(world).promote(third)

    world.store.on_call = rush
    assert collector(world).run() == []
    assert (default(world).version, default(world).previous) == (third, first)
    assert first in versions(world)


def test_a_drop_that_is_forgotten_while_old_versions_are_looked_for_does_no_harm() -> None:
    world = small(ceiling=9)
    events = [world.drop(IRIS, f"data/iris/{name}.csv") for name in "abc"]  # of one second
    world.events += events
    world.settle()
    world.settings = replace(world.settings, versions_ceiling=2)
    gone = entry_name("iris", events[0].source.stamp, "created")

    def forget(operation: str, bucket: str, name: str) -> None:
        if (operation, name) == ("read", gone):
            world.store.on_call = None
            generation = world.store.live(bucket, name)[1].generation
            world.store.delete(bucket, name, if_generation_match=generation)

    world.store.on_call = forget
    collector(world).run()
    assert world.store.on_call is None
