"""Lost events are repaired by sending them again; what is settled is never sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.artifact import drop_id
from shared.core.errors import (
    EventNotTaken,
    InvalidRequest,
    PlatformUnavailable,
    StorageUnavailable,
)
from shared.core.event import ObjectFinalized
from shared.core.ledger import entry_name
from shared.core.ports import Clock, VersionSpec
from shared.core.settings import Settings
from shared.workflows.choice import Choice
from shared.workflows.forget import Forget
from shared.workflows.reconcile import Repairs, reconcile
from tests.fakes.platform import FakePlatform
from tests.fakes.store import FakeObjectStore
from tests.workflows.world import IRIS, MODELS, World


class Sender:
    """Calls the workflows as the functions' addresses would."""

    def __init__(self, world: World) -> None:
        self.world = world

    def send(self, event: ObjectFinalized) -> None:
        again = ObjectFinalized.parse("google.cloud.storage.object.v1.finalized", event.as_data())
        assert again is not None
        try:
            self.world.deliver(again)
        except (StorageUnavailable, PlatformUnavailable) as error:
            raise EventNotTaken(str(error)) from error


def repair(world: World, model: str = "", *, dry_run: bool = False) -> Repairs:
    """One reconcile, with every event of its own making lost too."""
    ports = world.settings, world.store, world.platform, Sender(world), world.clock
    repairs = reconcile(*ports, model, dry_run=dry_run)
    world.events.clear()
    return repairs


def state(world: World, event: ObjectFinalized, model: str = "iris") -> str:
    return str(world.story(model, drop_id(event.source))["state"])


def test_a_csv_whose_every_event_was_lost_becomes_live_by_one_reconcile() -> None:
    world = World()
    event = world.drop(target="species")
    assert len(repair(world).sent) == 2
    assert state(world, event) == "live"
    assert repair(world) == Repairs()


def test_a_model_whose_event_was_lost_is_released() -> None:
    world = World()
    event = world.drop()
    world.retrain(event)
    world.events.clear()
    (sent,) = repair(world).sent
    assert "/model.joblib#" in sent
    assert state(world, event) == "live"


def test_a_hand_made_model_is_released_once() -> None:
    world = World()
    live = world.drop()
    world.events.append(live)
    world.settle()
    data, _ = world.store.live(MODELS, world.models()[0])
    world.store.put(MODELS, "models/iris/mine/model.joblib", data)
    world.events.clear()
    assert len(repair(world).sent) == 1
    assert repair(world) == Repairs()


def test_a_csv_that_was_received_and_is_gone_is_settled_as_superseded() -> None:
    world = World()
    first = world.drop()

    def fail(operation: str, bucket: str, name: str) -> None:
        if operation == "open":
            raise StorageUnavailable("not now")

    world.store.on_call = fail
    with pytest.raises(StorageUnavailable):
        world.retrain(first)
    world.store.on_call = None
    world.sleep(1)
    second = world.drop()
    repair(world)
    assert (state(world, first), state(world, second)) == ("superseded", "live")


def test_a_model_that_was_trained_and_is_gone_is_settled_as_failed() -> None:
    world = World()
    event = world.drop()
    world.retrain(event)
    world.events.clear()
    (name,) = world.models()
    world.store.delete(MODELS, name, if_generation_match=world.store.stat(MODELS, name).generation)
    repair(world)
    assert state(world, event) == "failed"
    assert repair(world) == Repairs()


def test_what_is_refused_ignored_or_empty_is_never_sent() -> None:
    world = World()
    refused = world.drop(b"x\n1\n", "data/iris/bad.csv")
    world.retrain(refused)
    world.retrain(world.drop(IRIS, "data/Bad Name/iris.csv"))
    for name in ("data/iris/", "data/iris/model.toml", "notes.csv"):
        world.drop(b"x", name)
    world.drop(b"", "data/iris/empty.csv")
    assert repair(world) == Repairs()


def test_an_illegal_model_name_is_sent_until_its_refusal_is_told() -> None:
    world = World()
    event = world.drop(IRIS, "data/Bad Name/iris.csv")
    assert len(repair(world).sent) == 1
    assert state(world, event, "bad_name") == "refused"
    assert repair(world) == Repairs()


def test_only_the_model_that_was_asked_for_is_repaired() -> None:
    world = World()
    asked, other = world.drop(), world.drop(IRIS, "data/other/iris.csv")
    repair(world, "iris")
    assert state(world, asked) == "live"
    assert state(world, other, "other") == "unknown"


def test_a_platform_whose_default_is_another_is_brought_back() -> None:
    world = World()
    event = world.drop()
    world.events.append(event)
    world.settle()
    world.platform.create_version(VersionSpec("iris", "other", "gs://x/y/", "2.11", "3.12"))
    world.platform.set_default("iris", "other")
    assert repair(world).defaults == ["iris"]
    assert world.platform.default("iris") == f"v{drop_id(event.source)}"


def test_an_event_that_is_not_taken_is_tried_again_and_then_told() -> None:
    world = World()
    event = world.drop()
    faults = 2

    def fail(operation: str, bucket: str, name: str) -> None:
        nonlocal faults
        if operation == "open" and faults:
            faults -= 1
            raise StorageUnavailable("not now")

    world.store.on_call = fail
    assert repair(world).failed == {}
    assert state(world, event) == "live"
    world.sleep(1)
    lost = world.drop()
    faults = 99
    assert list(repair(world).failed) == [lost.source.uri]


def test_a_dry_run_tells_what_would_be_done_and_changes_nothing() -> None:
    world = World(KEEP_VERSIONS="1", VERSIONS_CEILING="9")
    for _ in range(4):
        world.sleep(1)
        world.events.append(world.drop())
        world.settle()
    oldest, *_ = sorted(info.version for info in world.platform.list_versions("iris"))
    world.platform.set_default("iris", oldest)
    lost = world.drop(IRIS, "data/iris/lost.csv")
    world.settings = replace(world.settings, versions_ceiling=3)
    before, asked = len(world.store.calls), len(world.platform.calls)
    repairs = repair(world, dry_run=True)
    assert repairs.sent == [lost.source.uri]
    assert repairs.defaults == ["iris"]
    assert repairs.collected[0] == f"iris/{oldest}"
    made = [*world.store.calls[before:], *world.platform.calls[asked:]]
    assert not {call[0] for call in made} & {"write", "delete", "set_default", "delete_version"}
    done = repair(world)
    assert done.sent[0] == lost.source.uri
    assert oldest not in {info.version for info in world.platform.list_versions("iris")}


def test_a_pin_is_warned_of_once_it_is_old() -> None:
    world = World(PIN_DAYS="2")
    for _ in range(2):
        world.sleep(1)
        world.events.append(world.drop())
        world.settle()
    Choice("iris", "ann", world.settings, world.store, world.platform, world.clock).rollback()
    world.sleep(1.9 * 86_400)
    assert repair(world).pinned_days == {}
    world.sleep(0.2 * 86_400)
    assert repair(world).pinned_days == {"iris": 2}


def test_a_drop_that_is_forgotten_while_it_is_looked_at_ends_nothing_else() -> None:
    world = World()
    gone = world.drop(IRIS, "data/iris/a.csv")
    fail_once(world, gone)
    world.sleep(1)
    world.drop(IRIS, "data/iris/a.csv")
    received = entry_name("iris", drop_id(gone.source), "received")

    def forget(operation: str, bucket: str, name: str) -> None:
        if (operation, name) == ("read", received):
            world.store.on_call = None
            forgetting = Forget("iris", "ann", *ports(world))
            forgetting.carry_out(forgetting.plan(drop_id(gone.source)))

    world.store.on_call = forget
    assert not repair(world).failed
    states = {story["state"] for story in world.stories().values()}
    assert states == {"forgotten", "live"}


def fail_once(world: World, event: ObjectFinalized) -> None:
    """One delivery that does not get beyond `received`."""

    def fail(operation: str, bucket: str, name: str) -> None:
        if operation == "open":
            raise StorageUnavailable("not now")

    world.store.on_call = fail
    with pytest.raises(StorageUnavailable):
        world.retrain(event)
    world.store.on_call = None


def ports(world: World) -> tuple[Settings, FakeObjectStore, FakePlatform, Clock]:
    return world.settings, world.store, world.platform, world.clock


def test_a_model_that_is_forgotten_while_it_is_looked_at_ends_nothing_else() -> None:
    world = World()
    event = world.drop()
    world.retrain(event)
    world.events.clear()
    (name,) = world.models()
    world.store.delete(MODELS, name, if_generation_match=world.store.stat(MODELS, name).generation)
    other = world.drop(IRIS, "data/zinnia/x.csv")
    told = entry_name("iris", drop_id(event.source), "trained")

    def forget(operation: str, bucket: str, name: str) -> None:
        if (operation, name) == ("read", told):
            world.store.on_call = None
            forgetting = Forget("iris", "ann", *ports(world))
            forgetting.carry_out(forgetting.plan())

    world.store.on_call = forget
    assert not repair(world).failed
    assert state(world, other, "zinnia") == "live"


def test_a_model_that_the_platform_refuses_to_set_right_keeps_no_other_from_it() -> None:
    world = World()
    for model in ("aster", "zinnia"):
        world.events.append(world.drop(IRIS, f"data/{model}/x.csv"))
        world.settle()
    (broken,) = world.platform.list_versions("aster")
    spec = VersionSpec("aster", "other", "gs://x/y/", "2.11", "3.12")
    world.platform.create_version(spec)
    world.platform.set_default("aster", "other")
    world.platform.set_state("aster", broken.version, "FAILED")
    (right,) = world.platform.list_versions("zinnia")
    world.platform.create_version(replace(spec, model="zinnia"))
    world.platform.set_default("zinnia", "other")
    assert repair(world).defaults == ["zinnia"]
    assert world.platform.default("zinnia") == right.version


def test_an_error_of_one_model_that_nothing_mends_is_told_and_ends_no_other() -> None:
    world = World()
    for model in ("aster", "zinnia"):
        world.events.append(world.drop(IRIS, f"data/{model}/x.csv"))
        world.settle()
    (right,) = world.platform.list_versions("zinnia")
    world.platform.create_version(VersionSpec("zinnia", "other", "gs://x/y/", "2.11", "3.12"))
    world.platform.set_default("zinnia", "other")

    def refuse(operation: str, model: str, version: str) -> None:
        if model == "aster":
            raise InvalidRequest("it cannot be")

    world.platform.on_call = refuse
    repairs = repair(world)
    assert list(repairs.failed) == ["defaults/aster.json"]
    assert world.platform.default("zinnia") == right.version
