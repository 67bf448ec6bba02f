"""One drop, one version: duplicates, any order, a fault or a crash at every single call."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest

from shared.core.artifact import drop_id
from shared.core.errors import (
    AttemptInProgress,
    NewerFormat,
    PermissionDenied,
    PlatformUnavailable,
    PreconditionFailed,
    RetryableError,
    StorageUnavailable,
)
from shared.core.event import ObjectFinalized
from tests.workflows.world import IRIS, World


class Killed(BaseException):
    """The process dies: nothing after it runs in this attempt."""


Fault = Callable[[World], None]


def raising(make: Callable[[], BaseException]) -> Fault:
    """A fault that is an error."""

    def strike(world: World) -> None:
        raise make()

    return strike


def hang(world: World) -> None:
    """The process stands still for longer than its lease, and goes on."""
    world.sleep(world.settings.lease_seconds + 1)


FAULTS: dict[str, Fault] = {
    "a fault of the store": raising(lambda: StorageUnavailable("not now")),
    "too many writes": raising(lambda: StorageUnavailable("429")),
    "a fault of the platform": raising(lambda: PlatformUnavailable("not now")),
    "a right that is withheld": raising(lambda: PermissionDenied("not yet")),
    "an object of a newer release": raising(lambda: NewerFormat("upgrade")),
    "an error of ours": raising(lambda: RuntimeError("a bug")),
    "no memory": raising(MemoryError),
    "a time that is over": raising(TimeoutError),
    "a kill": raising(Killed),
    "an orderly stop": raising(lambda: SystemExit(143)),
    "a hang": hang,
}
STRUCK = (RetryableError, RuntimeError, MemoryError, TimeoutError, Killed, SystemExit)


class Saboteur:
    """Fails the n-th call of any port, before it takes effect or after. lasts: with all that come
    after it, until it is mended."""

    def __init__(
        self, world: World, nth: int, fault: Fault, *, after: bool, lasts: bool = False
    ) -> None:
        self.calls, self.nth, self.fault, self.struck = 0, nth, fault, False
        self.world, self.lasts = world, lasts
        for port in (world.store, world.platform):
            if after:
                port.on_answer = self
            else:
                port.on_call = self

    def __call__(self, *call: str) -> None:
        self.calls += 1
        if self.calls == self.nth or (self.lasts and self.calls > self.nth):
            self.struck = True
            self.fault(self.world)

    def mend(self) -> None:
        """Nothing fails any more."""
        for port in (self.world.store, self.world.platform):
            port.on_call = port.on_answer = None


def redeliver_until_quiet(world: World, saboteur: Saboteur | None = None) -> None:
    """Deliver as Eventarc does: what raised comes again, later than any lease lasts. What lasts is
    mended after two deliveries that failed."""
    failed = 0
    for _ in range(100):
        if not world.events:
            return
        event = world.events.pop(0)
        try:
            world.deliver(event)
        except STRUCK:
            world.events.append(event)
            world.sleep(world.settings.lease_seconds + 1)
            failed += 1
            if saboteur and failed == 2:
                saboteur.mend()
    raise AssertionError("deliveries never end")


def assert_live_once(world: World, event: ObjectFinalized) -> None:
    for port in (world.store, world.platform):
        port.on_call = port.on_answer = None
    drop = drop_id(event.source)
    assert world.models() == [f"models/iris/model_{drop}/model.joblib"]
    versions = world.platform.list_versions("iris")
    assert [v.version for v in versions] == [f"v{drop}"]
    assert world.platform.default("iris") == f"v{drop}"
    story = world.story("iris", drop)
    assert [step["step"] for step in story["steps"] if step["step"] != "training"] == [
        "received",
        "trained",
        "created",
        "live",
    ]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_any_call_is_repaired_by_redelivery(name: str, after: bool) -> None:
    for nth in itertools.count(1):
        world = World()
        event = world.drop()
        saboteur = Saboteur(world, nth, FAULTS[name], after=after)
        world.events.append(event)
        redeliver_until_quiet(world)
        assert_live_once(world, event)
        if not saboteur.struck:
            break
    assert nth > 14, "fewer calls were failed than a drop needs"


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {"a hang"}))
def test_a_fault_that_lasts_from_any_call_on_is_repaired_once_it_is_mended(name: str) -> None:
    for nth in itertools.count(1):
        world = World()
        event = world.drop()
        saboteur = Saboteur(world, nth, FAULTS[name], after=False, lasts=True)
        world.events.append(event)
        redeliver_until_quiet(world, saboteur)
        assert_live_once(world, event)
        if not saboteur.struck:
            break
    assert nth > 14, "fewer calls were failed than a drop needs"


def test_a_write_whose_first_try_had_arrived_meets_itself_at_any_call() -> None:
    """The client tries again by itself, and its precondition fails on its own effect."""
    for nth in itertools.count(1):
        world = World()
        event = world.drop()
        written = itertools.count(1)
        struck = []

        def meet(
            operation: str,
            *_: str,
            written: itertools.count[int] = written,
            nth: int = nth,
            struck: list[bool] = struck,
        ) -> None:
            if operation == "write" and next(written) == nth:
                struck.append(True)
                raise PreconditionFailed("the live generation is another")

        world.store.on_answer = meet
        world.events.append(event)
        redeliver_until_quiet(world)
        assert_live_once(world, event)
        if not struck:
            break
    assert nth > 8


def test_a_file_that_always_runs_out_of_memory_costs_three_attempts() -> None:
    world = World()
    event = world.drop()
    attempts = []

    def no_memory(operation: str, bucket: str, name: str) -> None:
        if operation == "open" and bucket == world.settings.data_bucket:
            attempts.append(name)
            raise MemoryError

    world.store.on_call = no_memory
    world.events.append(event)
    redeliver_until_quiet(world)
    assert len(attempts) == 3
    assert world.stories()[drop_id(event.source)]["state"] == "exhausted"
    assert world.models() == []


def test_a_delivery_of_one_drop_makes_few_calls() -> None:
    world = World()
    world.events.append(world.drop())
    assert world.settle() == 7  # the CSV, and the six files of its directory
    writes = [name for operation, _, name in world.store.calls if operation == "write"]
    assert len(writes) == len(set(writes)), "an object was written twice"
    assert len(world.store.calls) <= 25, world.store.calls  # one of them for a first version only
    assert len(world.platform.calls) <= 7, world.platform.calls


def test_an_object_that_asks_for_nothing_touches_no_port() -> None:
    world = World()
    for name in ("data/iris/", "data/iris/model.toml", "notes.csv", "data/x.csv.tmp"):
        assert world.retrain(world.drop(b"x", name)).step == "ignored"
    assert world.retrain(world.drop(b"", "data/iris/empty.csv")).step == "ignored"
    for name in ("models/iris/a/inputs.json", "models/iris/a/card-1.json", "models/model.joblib"):
        world.store.put(world.settings.models_bucket, name, b"x")
        assert world.deploy(world.events.pop()).step == "ignored"
    assert world.store.calls == []
    assert world.platform.calls == []


def test_one_bucket_for_everything_makes_no_loop() -> None:
    one = dict.fromkeys(("DATA_BUCKET", "MODELS_BUCKET", "STATE_BUCKET"), "one")
    world = World(**one)
    event = world.drop()
    world.events.append(event)
    assert world.settle() == 2 * 13  # thirteen objects, two triggers; nothing begins anew
    assert_live_once(world, event)


@pytest.mark.parametrize("seed", range(20))
def test_every_event_thrice_and_shuffled_changes_nothing(seed: int) -> None:
    chance, world = random.Random(seed), World()
    drops = []
    for number in range(3):
        drops.append(world.drop(IRIS, f"data/iris/{number}.csv"))
        world.sleep(0.001 * chance.randrange(2))
    seen: set[tuple[str, int]] = set()
    queue = drops * 3
    while queue:
        chance.shuffle(queue)
        world.deliver(queue.pop())
        for event in world.events:
            if (key := (event.source.name, event.source.generation)) not in seen:
                seen.add(key)
                queue += [event] * 3
        world.events.clear()
    newest = max(drops, key=lambda event: event.source.order)
    assert len(world.models()) == 3
    assert len(world.platform.list_versions("iris")) == 3
    assert world.platform.default("iris") == f"v{drop_id(newest.source)}"
    states = [story["state"] for story in world.stories().values()]
    assert set(states) <= {"live", "ready"}


def test_two_drops_in_the_same_millisecond_make_two_versions() -> None:
    world = World()
    events = [world.drop(IRIS, "data/iris/a.csv"), world.drop(IRIS, "data/iris/a.csv")]
    events.append(world.drop(IRIS, "data/iris/b.csv"))
    assert len({event.source.time_created for event in events}) == 1
    world.events += events
    world.settle()
    assert world.stories()[drop_id(events[0].source)]["state"] == "superseded"
    assert len(world.models()) == 2
    assert world.platform.default("iris") == f"v{drop_id(events[2].source)}"


def test_generations_that_fall_and_collide_keep_their_sources_apart() -> None:
    world = World()
    world.store.generations = iter([7, 7, *range(5, 0, -1), *range(100, 200)])
    events = [world.drop(IRIS, "data/iris/a.csv"), world.drop(IRIS, "data/iris/b.csv")]
    world.sleep(1)
    events.append(world.drop(IRIS, "data/iris/c.csv"))
    world.events += events
    world.settle()
    assert len(world.models()) == 3
    assert world.platform.default("iris") == f"v{drop_id(events[2].source)}"


def test_a_csv_overwritten_while_it_trains_still_makes_its_version() -> None:
    world = World()
    first = world.drop()
    second: list[ObjectFinalized] = []

    def overwrite(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and "/card-" in name and not second:
            world.sleep(1)
            second.append(world.drop())

    world.store.on_call = overwrite
    world.retrain(first)
    world.events.append(second[0])
    world.settle()
    assert len(world.models()) == 2
    assert world.platform.default("iris") == f"v{drop_id(second[0].source)}"


def test_a_duplicate_that_comes_while_the_first_trains_waits_its_turn() -> None:
    world = World()
    event = world.drop()
    refused = []

    def duplicate(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and "/card-" in name and not refused:
            refused.append(name)
            with pytest.raises(AttemptInProgress):
                world.retrain(event)

    world.store.on_call = duplicate
    assert world.retrain(event).step == "trained"
    assert refused
    assert world.retrain(event).step == "done_before"
    assert world.retrain(event).facts["earlier"] == "trained"


def test_an_attempt_that_lost_its_lease_takes_the_model_of_the_faster_one() -> None:
    world = World()
    event = world.drop()
    outcomes = []

    def overtake(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and "/card-" in name and not outcomes:
            outcomes.append(None)
            world.sleep(world.settings.lease_seconds + 1)  # this process hangs
            outcomes[0] = world.retrain(event)

    world.store.on_call = overtake
    assert world.retrain(event).step == "trained"
    assert outcomes[0].step == "trained"
    world.settle()
    assert len(world.models()) == 1
    assert len(world.platform.list_versions("iris")) == 1


def test_an_attempt_that_dies_three_times_is_exhausted_and_says_what_was_seen() -> None:
    world = World()
    event = world.drop()

    def die(operation: str, bucket: str, name: str) -> None:
        if operation == "open" and bucket == world.settings.data_bucket:
            raise Killed

    world.store.on_call = die
    for _ in range(3):
        with pytest.raises(Killed):
            world.retrain(event)
        world.sleep(world.settings.lease_seconds + 1)
    outcome = world.retrain(event)
    assert outcome.step == "exhausted"
    assert "memory" in outcome.facts["reason"]
    assert world.retrain(event).step == "done_before"
    assert world.models() == []


def test_an_error_of_ours_is_tried_again_at_once_and_counted() -> None:
    world = World()
    event = world.drop()

    def fail(operation: str, bucket: str, name: str) -> None:
        if operation == "open" and bucket == world.settings.data_bucket:
            raise RuntimeError("a bug")

    world.store.on_call = fail
    for _ in range(3):
        with pytest.raises(RuntimeError):
            world.retrain(event)
    outcome = world.retrain(event)
    assert outcome.step == "exhausted"
    assert "RuntimeError" in outcome.facts["reason"]


def test_an_attempt_that_a_fault_of_the_store_ended_is_given_back() -> None:
    world = World()
    event = world.drop()
    faults = [StorageUnavailable("not now")] * 10

    def fail(operation: str, bucket: str, name: str) -> None:
        if operation == "open" and faults:
            raise faults.pop()

    world.store.on_call = fail
    for _ in range(10):
        with pytest.raises(StorageUnavailable):
            world.retrain(event)
    assert world.retrain(event).step == "trained"
