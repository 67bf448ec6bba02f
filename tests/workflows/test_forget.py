"""A drop or a model is forgotten: nothing of it is left, nothing brings it back, callers go on."""

from __future__ import annotations

import itertools
import random

import pytest

from shared.core.artifact import default_name
from shared.core.errors import (
    ModelNotFound,
    PermissionDenied,
    PlatformUnavailable,
    StorageUnavailable,
    VersionNotReady,
)
from shared.core.event import ObjectFinalized
from shared.workflows.choice import ChoiceRefused
from shared.workflows.forget import Forget, ForgetRefused
from tests.workflows.test_choice import default, person, release
from tests.workflows.test_reconcile import repair
from tests.workflows.world import DATA, IRIS, MODELS, STATE, World

CANARY = b"canary-7f3a@example.com"


def forget(world: World, model: str = "iris") -> Forget:
    return Forget(model, "ann", world.settings, world.store, world.platform, world.clock)


def with_canary(data: bytes = IRIS) -> bytes:
    """Three rows carry an address that must be nowhere once they are forgotten."""
    header, *rows = data.splitlines()
    told = [row + b"," + (CANARY if number < 3 else b"x") for number, row in enumerate(rows)]
    return b"\n".join([header + b",mail", *told])


def names(world: World) -> list[str]:
    return [name for bucket in (DATA, MODELS, STATE) for name in world.store.names(bucket)]


def versions(world: World) -> list[str]:
    return sorted(info.version for info in world.platform.list_versions("iris"))


def dropped(world: World, data: bytes = IRIS, name: str = "data/iris/x.csv") -> ObjectFinalized:
    world.sleep(1)
    event = world.drop(data, name)
    world.events.append(event)
    world.settle()
    return event


def drop_of(event: ObjectFinalized) -> str:
    return event.source.stamp


def tombstones(event: ObjectFinalized, model: str = "iris") -> set[str]:
    place = f"ledger/{model}/{drop_of(event)}/"
    return {f"{place}10_received.json", f"{place}90_forgotten.json"}


def test_nothing_is_left_of_a_drop_but_its_tombstone() -> None:
    world = World()
    first = dropped(world, with_canary(), "data/iris/a.csv")
    second = dropped(world, name="data/iris/b.csv")
    plan = forget(world).plan(drop_of(first))
    assert forget(world).carry_out(plan).is_empty
    assert {n for n in names(world) if drop_of(first) in n} == tombstones(first)
    assert "data/iris/a.csv" not in names(world)
    assert versions(world) == [f"v{drop_of(second)}"]
    for bucket in (DATA, MODELS, STATE):
        for name in world.store.names(bucket):
            assert CANARY not in world.store.live(bucket, name)[0], name


def test_the_default_moves_before_its_version_goes() -> None:
    world = World()
    first = release(world)
    second = release(world)
    seen = []

    def look(operation: str, model: str, version: str) -> None:
        if operation == "delete_version":
            seen.append((version, default(world).version, world.platform.default("iris")))

    world.platform.on_call = look
    plan = forget(world).plan(second[1:])
    assert (plan.default, plan.successor) == (second, first)
    forget(world).carry_out(plan)
    assert seen == [(second, first, first)]


def test_a_pin_goes_with_its_version_and_a_freeze_stays() -> None:
    world = World()
    first, second = release(world), release(world)
    person(world).rollback()
    person(world).freeze()
    forget(world).carry_out(forget(world).plan(first[1:]))
    after = default(world)
    assert (after.version, after.pinned_by, after.frozen_by) == (second, "", "ann@example.com")


def test_the_only_version_of_a_model_may_be_forgotten_and_the_next_drop_is_live() -> None:
    world = World()
    only = dropped(world)
    plan = forget(world).plan(drop_of(only))
    assert (plan.default, plan.successor) == (f"v{drop_of(only)}", "")
    assert forget(world).carry_out(plan).is_empty
    assert default_name("iris") not in world.store.names(STATE)
    after = dropped(world)
    assert default(world).version == f"v{drop_of(after)}"


def test_no_event_brings_a_forgotten_drop_back() -> None:
    world = World()
    event = world.drop()
    world.retrain(event)
    events = [event, *world.events]
    world.settle()
    forget(world).carry_out(forget(world).plan(drop_of(event)))
    dice = random.Random(1)
    for _ in range(3):
        dice.shuffle(events)
        for one in events:
            world.deliver(one)
    assert set(names(world)) == tombstones(event)
    assert versions(world) == []
    repairs = repair(world)
    assert (repairs.sent, repairs.forgotten) == ([], [])


def test_a_drop_of_an_illegal_name_does_not_come_back_either() -> None:
    world = World()
    event = world.drop(with_canary(), "data/Bad Name/x.csv")
    world.retrain(event)
    forget(world, "bad_name").carry_out(forget(world, "bad_name").plan())
    world.retrain(event)
    assert set(names(world)) == tombstones(event, "bad_name")


def test_copies_of_the_same_csv_are_forgotten_together() -> None:
    world = World()
    first = dropped(world)
    world.sleep(1)
    copy = world.drop(IRIS, "data/iris/x.csv", retrain_of=first.source.uri)
    world.events.append(copy)
    world.settle()
    for one in (first, copy):
        assert set(forget(world).plan(drop_of(one)).drops) == {drop_of(first), drop_of(copy)}


def test_other_versions_that_learnt_from_the_rows_are_named() -> None:
    world = World()
    world.store.put(DATA, "data/iris/model.toml", b'train_on = "all"')
    first = dropped(world, name="data/iris/a.csv")
    second = dropped(world, name="data/iris/b.csv")
    assert forget(world).plan(drop_of(first)).trained_on == (f"v{drop_of(second)}",)
    assert forget(world).plan(drop_of(second)).trained_on == ()


def test_a_whole_model_goes_with_everything_and_others_stay() -> None:
    world = World()
    dropped(world, with_canary(), "data/iris/a.csv")
    for _ in range(3):
        release(world)
    world.store.put(DATA, "data/iris/model.toml", b"")
    world.store.put(MODELS, "models/iris/mine/model.joblib", b"by hand")
    for bucket, name in (
        (DATA, "batch/iris/rows.csv"),
        (STATE, "predictions/iris/rows-1.csv"),
        (STATE, "batch-leases/iris/rows-1.json"),
        (STATE, "samples/iris/v1/1.json"),
        (STATE, "status/iris.html"),
        (STATE, "notices/iris/1/60_live.sent.json"),
    ):
        world.store.put(bucket, name, CANARY)
    world.events.clear()
    other = dropped(world, name="data/other/x.csv")
    before = {name for name in names(world) if "other" in name}
    assert forget(world).carry_out(forget(world).plan()).is_empty
    assert versions(world) == []
    left = set(names(world))
    assert before <= left
    tomb = ("10_received.json", "90_forgotten.json")
    assert all(name.endswith(tomb) for name in left - before)
    assert world.platform.default("other") == f"v{drop_of(other)}"
    assert repair(world).sent == []


def test_a_forgotten_model_may_begin_anew() -> None:
    world = World()
    dropped(world)
    forget(world).carry_out(forget(world).plan())
    again = dropped(world)
    assert versions(world) == [f"v{drop_of(again)}"]
    assert world.platform.default("iris") == f"v{drop_of(again)}"


@pytest.mark.parametrize("is_whole", [False, True], ids=["drop", "model"])
def test_a_crash_anywhere_is_finished_by_reconcile(is_whole: bool) -> None:
    for nth in itertools.count(1):
        world = World()
        release(world)
        event = dropped(world)
        plan = forget(world).plan("" if is_whole else drop_of(event))
        calls = itertools.count(1)

        def fail(*_: str, calls: itertools.count[int] = calls, nth: int = nth) -> None:
            if next(calls) == nth:
                raise StorageUnavailable("not now")

        world.store.on_call = world.platform.on_call = fail
        try:
            forget(world).carry_out(plan)
        except StorageUnavailable:
            pass
        else:
            break
        world.store.on_call = world.platform.on_call = None
        if not is_whole:
            repair(world)
            if nth > 1:
                assert {n for n in names(world) if drop_of(event) in n} == tombstones(event)
        else:
            assert forget(world).carry_out(forget(world).plan()).is_empty
            assert all(n.endswith(("received.json", "forgotten.json")) for n in names(world))
    assert nth > 20


def test_what_was_under_way_while_it_was_forgotten_is_removed_by_reconcile() -> None:
    world = World()
    first = dropped(world)
    world.sleep(1)
    event = world.drop()
    world.retrain(event)
    model = next(e for e in world.events if e.source.name.endswith("model.joblib"))
    world.settle()
    stolen = {
        n: world.store.live(MODELS, n)
        for n in names(world)
        if drop_of(event) in n and n.startswith("models/")
    }
    forget(world).carry_out(forget(world).plan(drop_of(event)))
    for name, (data, meta) in stolen.items():  # a trainer that hung goes on writing
        world.store.put(MODELS, name, data, **meta.metadata)
    assert world.deploy(model).step in ("done_before", "ignored")
    late = next(e for e in world.events if e.source.name.endswith("model.joblib"))
    assert world.deploy(late).step == "done_before"
    assert f"v{drop_of(event)}" not in versions(world)
    assert len(repair(world).forgotten) == len(stolen)
    assert {n for n in names(world) if drop_of(event) in n} == tombstones(event)
    assert default(world).version == f"v{drop_of(first)}"


def test_a_release_that_is_under_way_never_makes_a_forgotten_version_the_default() -> None:
    world = World()
    first = dropped(world)
    world.sleep(1)
    event = world.drop()
    world.retrain(event)
    begun = []

    def rush(operation: str, model: str, version: str) -> None:
        if operation == "predict" and not begun:
            begun.append(version)
            forget(world).carry_out(forget(world).plan(drop_of(event)))

    world.platform.on_call = rush
    model = next(e for e in world.events if e.source.name.endswith("model.joblib"))
    with pytest.raises(VersionNotReady):
        world.deploy(model)
    world.platform.on_call = None
    assert begun
    assert world.deploy(model).step in ("done_before", "ignored")
    assert default(world).version == f"v{drop_of(first)}"
    repair(world)
    assert {n for n in names(world) if drop_of(event) in n} == tombstones(event)


def test_a_first_version_that_is_forgotten_while_it_is_released_is_no_default() -> None:
    world = World()
    event = world.drop()
    world.retrain(event)

    def rush(operation: str, bucket: str, name: str) -> None:
        if (operation, name) == ("write", default_name("iris")):
            world.store.on_call = None
            forget(world).carry_out(forget(world).plan())

    world.store.on_call = rush
    world.settle()
    assert world.store.on_call is None
    assert default_name("iris") not in world.store.names(STATE)
    assert set(names(world)) == tombstones(event)


def test_a_platform_that_does_not_answer_leaves_the_rest_to_reconcile() -> None:
    world = World()
    release(world)
    event = dropped(world)

    def fail(operation: str, model: str, version: str) -> None:
        if operation == "delete_version":
            raise PlatformUnavailable("not now")

    world.platform.on_call = fail
    with pytest.raises(PlatformUnavailable):
        forget(world).carry_out(forget(world).plan(drop_of(event)))
    assert repair(world).failed
    world.platform.on_call = None
    assert repair(world).forgotten
    assert f"v{drop_of(event)}" not in versions(world)


def test_an_account_that_may_not_delete_leaves_what_is_left_to_a_person() -> None:
    world = World()
    event = dropped(world)
    forget(world).carry_out(forget(world).plan(drop_of(event)))
    world.store.put(MODELS, f"models/iris/model_{drop_of(event)}/late.bin", b"x")
    world.events.clear()

    def refuse(operation: str, bucket: str, name: str) -> None:
        if name.startswith("leases/"):
            raise PermissionDenied("the job's account may not list leases")

    world.store.on_call = refuse
    assert repair(world).failed == {}
    world.store.on_call = None
    assert len(repair(world).forgotten) == 1


def test_a_drop_that_nobody_knows_is_refused_with_the_nearest() -> None:
    world = World()
    event = dropped(world)
    with pytest.raises(ForgetRefused, match=drop_of(event)):
        forget(world).plan(drop_of(event)[:-1] + "x")


def test_two_drops_may_be_forgotten_at_once() -> None:
    world = World()
    first = dropped(world, name="data/iris/a.csv")
    second = dropped(world, name="data/iris/b.csv")

    def rush(operation: str, bucket: str, name: str) -> None:
        if operation == "read" and drop_of(second) in name and name.endswith("inputs.json"):
            world.store.on_call = None
            forget(world).carry_out(forget(world).plan(drop_of(second)))

    world.store.on_call = rush
    forget(world).carry_out(forget(world).plan(drop_of(first)))
    assert world.store.on_call is None
    repair(world)
    assert {*names(world)} == tombstones(first) | tombstones(second)


@pytest.mark.parametrize("dies", [False, True])
def test_a_rollback_while_the_model_is_forgotten_leaves_no_default(dies: bool) -> None:
    world = World()
    dropped(world), dropped(world)

    def now(operation: str, bucket: str, name: str) -> None:
        if operation == "read" and name == default_name("iris") and len(seen) < 2:
            seen.append(name)  # the first read is the look for a version, the second the swap's
            if len(seen) == 2:
                world.store.on_call = None
                forget(world).carry_out(forget(world).plan())

    def die(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and name == default_name("iris"):
            world.store.on_answer = None
            raise StorageUnavailable("died")

    seen: list[str] = []
    world.store.on_call, world.store.on_answer = now, die if dies else None
    with pytest.raises(StorageUnavailable if dies else (ChoiceRefused, ModelNotFound)):
        person(world).rollback()
    assert (default_name("iris") in names(world)) is dies
    repair(world)
    assert default_name("iris") not in names(world)
