"""CSVs to predict for whose events were lost: one reconcile, and each has its end."""

from __future__ import annotations

import random
from datetime import timedelta

from shared.core.errors import EventNotTaken, RetryableError, StorageUnavailable
from shared.core.event import ObjectFinalized
from shared.workflows.reconcile import Repairs, reconcile
from tests.fakes.store import Hook
from tests.workflows.test_batch_predict import CSV, World, drop_of

FILES = 400
LOST = 0.3


class Late(World):
    """The workflow's world, on a clock that is moved by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.store.clock = lambda: self.now

    def send(self, event: ObjectFinalized) -> None:
        """As a function's address takes what reconcile sends."""
        again = ObjectFinalized.parse("google.cloud.storage.object.v1.finalized", event.as_data())
        assert again is not None
        try:
            self.deliver(again)
        except RetryableError as error:
            raise EventNotTaken(str(error)) from error

    def reconcile(self, model: str = "") -> Repairs:
        ports = self.settings, self.store, self.platform, self
        return reconcile(*ports, lambda: self.now, model)

    def sent(self, model: str = "") -> list[str]:
        """What a reconcile sends of DATA. (The release here has no story, so it is sent too.)"""
        return [uri for uri in self.reconcile(model).sent if uri.startswith("gs://data/")]

    def wait(self) -> None:
        """Until no delivery of what is there can be at work."""
        self.now += timedelta(seconds=self.settings.function_seconds + 1)


def test_after_30_percent_of_the_events_were_lost_one_reconcile_leaves_nothing_undone() -> None:
    world, dice = Late(), random.Random(30)
    world.release(1)
    events = [
        world.put(CSV if dice.random() < 0.9 else b"x\n1\n", f"batch/iris/{number}.csv")
        for number in range(FILES)
    ]
    for event in events:
        fate = dice.random()
        if fate < LOST:
            continue
        if fate < LOST + 0.1:  # taken, and the process died somewhere
            world.store.on_call = _dying(dice.randint(1, 9))
        try:
            world.deliver(event)
        except RetryableError:
            continue
        finally:
            world.store.on_call = None
    undone = [e for e in events if drop_of(e).outcome not in world.store.names("state")]
    assert len(undone) > FILES * LOST * 0.8
    world.wait()
    assert sorted(world.sent()) == sorted(event.source.uri for event in undone)
    assert {world.outcome(event)["state"] for event in events} == {"predicted", "refused"}
    assert world.sent() == []


def _dying(calls: int) -> Hook:
    left = calls

    def fail(*_: str) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            raise StorageUnavailable("gone")

    return fail


def test_what_a_delivery_may_be_at_work_on_is_left_alone() -> None:
    world = Late()
    world.release(1)
    event = world.put()
    world.now += timedelta(seconds=world.settings.function_seconds - 1)
    assert world.sent() == []
    world.now += timedelta(seconds=2)
    assert world.sent() == [event.source.uri]


def test_only_files_of_the_model_that_was_asked_for_and_that_are_ours_are_sent() -> None:
    world = Late()
    world.release(1)
    asked = world.put()
    for name in ("batch/other/x.csv", "batch/iris/x.txt", "batch/iris/", "batch/x.csv"):
        world.put(CSV, name)
    world.put(b"", "batch/iris/empty.csv")
    world.wait()
    assert world.sent("iris") == [asked.source.uri]
    [other] = world.sent()
    assert other.startswith("gs://data/batch/other/x.csv#")


def test_one_that_is_not_taken_is_told() -> None:
    world = Late()
    world.release(1)
    event = world.put()
    world.wait()

    def fail(operation: str, bucket: str, name: str) -> None:
        if operation == "open":
            raise StorageUnavailable("not now")

    world.store.on_call = fail
    assert list(world.reconcile().failed) == [event.source.uri]
