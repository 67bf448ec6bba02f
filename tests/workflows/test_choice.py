"""What a person decides: pinned, promoted, frozen, and who says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.core.artifact import INPUTS_FILE, default_name, directory, drop_id
from shared.core.default import Default
from shared.core.errors import ModelNotFound, ObjectNotFound, PreconditionFailed
from shared.core.event import ObjectFinalized
from shared.core.ports import VersionSpec
from shared.workflows.choice import Choice, ChoiceRefused
from tests.workflows.world import IRIS, MODELS, STATE, World


def person(world: World, by: str = "ann@example.com") -> Choice:
    return Choice("iris", by, world.settings, world.store, world.platform, world.clock)


def release(world: World, data: bytes = IRIS, toml: str = "") -> str:
    """Drop, train and release; the version."""
    world.sleep(1)
    event = world.drop(data)
    world.retrain(event)
    if toml:
        freeze_configuration(world, event, toml)
    world.settle()
    return f"v{drop_id(event.source)}"


def release_breaking(world: World) -> str:
    """A version that lacks a feature of the live one: trained as if nothing had been live yet."""
    world.sleep(1)
    event = world.drop(without_width(IRIS))

    def hide(operation: str, bucket: str, name: str) -> None:
        if operation == "read" and name == default_name("iris"):
            raise ObjectNotFound(name)

    world.store.on_call = hide
    world.retrain(event)
    world.store.on_call = None
    world.settle()
    return f"v{drop_id(event.source)}"


def freeze_configuration(world: World, event: ObjectFinalized, toml: str) -> None:
    name = directory("iris", event.source) + INPUTS_FILE
    value = json.loads(world.store.live(MODELS, name)[0])
    world.store.put(MODELS, name, json.dumps({**value, "toml": toml}).encode())


def default(world: World) -> Default:
    return Default.from_json(world.store.live(STATE, default_name("iris"))[0])


def story(world: World, version: str) -> dict[str, Any]:
    return world.story("iris", version[1:])


def steps(world: World, version: str) -> list[str]:
    return [step["step"] for step in story(world, version)["steps"]]


def without_width(data: bytes) -> bytes:
    """The same rows with one column less."""
    return b"\n".join(line.partition(b",")[2] for line in data.splitlines())


def test_a_rollback_pins_the_version_before_and_newer_ones_wait() -> None:
    world = World()
    first, second = release(world), release(world)
    assert person(world).rollback().version == first
    assert world.platform.default("iris") == first
    assert (default(world).pinned_by, default(world).pinned_at != "") == ("ann@example.com", True)
    third = release(world)
    assert (story(world, third)["state"], story(world, third)["reason"]) == ("ready", "pinned")
    assert world.platform.default("iris") == first
    told = story(world, first)["steps"][-1]
    assert (told["step"], told["by"], told["replaced"]) == ("pinned", "ann@example.com", second)


def test_a_second_rollback_goes_further_back_and_a_third_says_there_is_none() -> None:
    world = World()
    first, second, _ = release(world), release(world), release(world)
    assert person(world).rollback().version == second
    assert person(world).rollback().version == first
    with pytest.raises(ChoiceRefused, match="no version from before"):
        person(world).rollback()


def test_a_rollback_passes_over_versions_that_callers_never_had() -> None:
    world = World()
    first = release(world)
    held = release_breaking(world)
    release(world)
    assert story(world, held)["reason"] == "held"
    assert person(world).rollback().version == first


def test_a_rollback_passes_over_a_version_whose_release_died_before_it_was_told() -> None:
    world = World()
    first, died, _ = release(world), release(world), release(world)
    live = next(name for name in world.store.names(STATE) if died[1:] in name and "60_live" in name)
    meta = world.store.live(STATE, live)[1]
    world.store.delete(STATE, live, if_generation_match=meta.generation)
    assert person(world).rollback().version == first


def test_unpin_makes_the_newest_the_default_in_one_step() -> None:
    world = World()
    first, _ = release(world), release(world)
    person(world).rollback()
    newest = release(world)
    writes = world.store.calls.count(("write", STATE, default_name("iris")))
    assert person(world).unpin().version == newest
    assert world.store.calls.count(("write", STATE, default_name("iris"))) == writes + 1
    assert world.platform.default("iris") == newest
    assert steps(world, first)[-1] == "unpinned"
    assert steps(world, newest)[-1] == "promoted"
    assert person(world).unpin().version == newest


def test_unpin_leaves_out_what_is_held_or_would_break() -> None:
    world = World()
    first = release(world)
    person(world).rollback(first)
    breaking = release_breaking(world)
    assert story(world, breaking)["reason"] == "pinned"
    assert person(world).unpin().version == first


def test_promote_makes_a_held_version_live_and_newer_ones_replace_it() -> None:
    world = World()
    first = release(world)
    held = release_breaking(world)
    told = story(world, held)
    assert (told["state"], told["reason"], told["default"]) == ("ready", "held", first)
    assert "no longer takes 'sepal_length'" in told["held"][0]
    assert person(world).promote(held).version == held
    assert world.platform.default("iris") == held
    assert steps(world, held)[-1] == "promoted"
    again = release_breaking(world)
    assert world.platform.default("iris") == again


def test_a_release_by_hand_waits_whatever_its_schema_and_the_first_does_not() -> None:
    world = World()
    first = release(world, toml='release = "manual"')
    assert story(world, first)["state"] == "live"
    second = release(world, toml='release = "manual"')
    assert story(world, second)["reason"] == "held"
    assert 'release = "manual"' in story(world, second)["held"][0]
    assert world.platform.default("iris") == first


def test_a_freeze_stops_promotions_and_not_training() -> None:
    world = World()
    first = release(world)
    person(world).freeze()
    second = release(world)
    assert (story(world, second)["state"], story(world, second)["reason"]) == ("ready", "frozen")
    assert world.platform.default("iris") == first
    assert person(world, "bob").unfreeze().version == second
    assert default(world).frozen_by == ""
    assert steps(world, first)[-2:] == ["frozen", "unfrozen"]


@pytest.mark.parametrize("version", ["v1", "no such thing"])
def test_a_version_that_is_not_there_is_told_the_nearest(version: str) -> None:
    world = World()
    release(world)
    for verb in (person(world).rollback, person(world).promote):
        with pytest.raises(ChoiceRefused, match="has no version"):
            verb(version)


def test_a_version_that_does_not_serve_cannot_be_chosen() -> None:
    world = World()
    first, _ = release(world), release(world)
    world.platform.set_state("iris", first, "FAILED")
    with pytest.raises(ChoiceRefused, match="FAILED"):
        person(world).promote(first)
    with pytest.raises(ChoiceRefused):
        person(world).rollback()


def test_a_version_that_goes_while_it_is_chosen_is_not_the_default() -> None:
    world = World()
    first, second = release(world), release(world)

    def vanish(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and name == default_name("iris"):
            world.store.on_call = None
            world.platform.set_state("iris", first, "DELETING")

    world.store.on_call = vanish
    with pytest.raises(ChoiceRefused, match="being deleted"):
        person(world).rollback(first)
    assert default(world).version == second


def test_a_model_without_a_default_has_nothing_to_choose() -> None:
    world = World()
    for verb in (person(world).rollback, person(world).unpin, person(world).freeze):
        with pytest.raises(ModelNotFound):
            verb()


def test_a_choice_whose_answer_was_lost_is_told_all_the_same() -> None:
    world = World()
    first, _ = release(world), release(world)

    def lose(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and name == default_name("iris"):
            world.store.on_answer = None
            raise PreconditionFailed("the client's second try met its first")

    world.store.on_answer = lose
    assert person(world).rollback().version == first
    assert steps(world, first)[-1] == "pinned"


def test_a_version_whose_golden_requests_failed_can_not_be_chosen() -> None:
    world = World()
    first = release(world)
    honest, world.platform.answer = world.platform.answer, lambda uri, instances: ["wrong"]
    liar = release(world)
    world.platform.answer = honest
    assert story(world, liar)["state"] == "failed"
    for verb in (person(world).promote, person(world).rollback):
        with pytest.raises(ChoiceRefused, match="has no version"):
            verb(liar)
    assert default(world).version == first


def test_a_version_whose_release_is_not_over_can_not_be_chosen() -> None:
    world = World()
    release(world)
    unproven = "v20261122_140000_01234567"
    world.platform.create_version(VersionSpec("iris", unproven, "gs://x/y/", "2.11", "3.12"))
    with pytest.raises(ChoiceRefused, match="has not proven"):
        person(world).promote(unproven)


def at_write_of(world: World, end: str, then: Callable[[], object]) -> None:
    """Do something else once, just before the next write of such an object."""

    def hook(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and name.endswith(end):
            world.store.on_call = None
            then()

    world.store.on_call = hook


def test_a_pin_that_ends_while_a_release_says_that_it_met_one_lets_it_be_live() -> None:
    world = World()
    release(world)
    person(world).rollback(default(world).version)
    at_write_of(world, "/60_ready.json", lambda: person(world).unpin())
    newest = release(world)
    assert default(world).version == world.platform.default("iris") == newest
    assert steps(world, newest)[-1] == "promoted"


def test_a_release_that_ends_while_its_pin_does_is_live() -> None:
    world = World()
    first = release(world)
    person(world).rollback(first)
    at_write_of(world, default_name("iris"), lambda: release(world))
    newest = person(world).unpin().version
    assert newest != first
    assert world.platform.default("iris") == newest


def test_promoting_a_version_that_is_not_the_newest_pins_it() -> None:
    world = World()
    first, _ = release(world), release(world)
    assert person(world).promote(first).pinned_by == "ann@example.com"
    assert person(world).promote(first).version == first


def test_a_promotion_that_meets_a_newer_default_pins() -> None:
    world = World()
    first = release(world)
    choice = person(world)
    world.sleep(1)
    event = world.drop()
    world.retrain(event)
    at_write_of(world, "/60_live.json", lambda: choice.promote(first))
    world.settle()
    assert (default(world).version, default(world).pinned_by) == (first, "ann@example.com")


def test_a_pin_on_a_version_that_fails_does_not_fail_newer_ones() -> None:
    world = World()
    first, second = release(world), release(world)
    person(world).rollback()
    world.platform.set_default("iris", second)
    world.platform.set_state("iris", first, "FAILED")
    third = release(world)
    assert (story(world, third)["state"], story(world, third)["reason"]) == ("ready", "pinned")
    assert default(world).version == first
    assert person(world).unpin().version == third
    assert world.platform.default("iris") == third
