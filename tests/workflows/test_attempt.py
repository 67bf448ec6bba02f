"""A lease is claimed once, kept alive while work goes on, and settled by how the work ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.core.errors import AttemptInProgress, PreconditionFailed, StorageUnavailable
from shared.core.lease import RELEASED, Lease, claim
from shared.workflows.attempt import Attempt, Exhausted
from tests.fakes.store import FakeObjectStore
from tests.workflows.world import START, World

NAME = "leases/iris/drop.json"


def attempt(world: World, seconds: float = 60) -> Attempt:
    return Attempt(world.store, "state", NAME, world.clock, lease_seconds=seconds, max_attempts=3)


def end_with(
    error: Exception,
    world: World,
    meanwhile: Callable[[], object] = lambda: None,
    seconds: float = 60,
) -> int:
    """Let an attempt end with an error, which must come out of it; the attempt's number."""
    number = 0
    try:
        with attempt(world, seconds) as each:
            number = each.number
            meanwhile()
            raise error
    except type(error):
        return number


def lease(store: FakeObjectStore) -> Lease:
    return Lease.from_json(store.live("state", NAME)[0])


def test_a_happy_attempt_writes_its_lease_once() -> None:
    world = World()
    with attempt(world) as first:
        assert first.number == 1
    assert [call[0] for call in world.store.calls] == ["write"]


def test_a_second_attempt_waits_while_the_first_lives_and_counts_after_it_lapsed() -> None:
    world = World()
    with attempt(world):
        with pytest.raises(AttemptInProgress), attempt(world):
            pass
        world.sleep(61)
        with attempt(world) as second:
            assert second.number == 2


def test_of_two_that_take_over_at_once_one_waits() -> None:
    world = World()
    with attempt(world):
        world.sleep(61)
        inner: list[int] = []

        def first_write(operation: str, bucket: str, name: str) -> None:
            if operation == "read":
                world.store.on_call = steal

        def steal(operation: str, bucket: str, name: str) -> None:
            if operation == "write":
                world.store.on_call = None
                with attempt(world) as winner:
                    inner.append(winner.number)

        world.store.on_call = first_write
        with pytest.raises(AttemptInProgress), attempt(world):
            pass
        assert inner == [2]


def test_a_retryable_error_gives_the_attempt_back() -> None:
    world = World()
    for _ in range(5):
        assert end_with(StorageUnavailable("away"), world) == 1
    assert lease(world.store).state == RELEASED


def test_any_other_error_frees_the_lease_and_counts() -> None:
    world = World()
    for number in (1, 2, 3):
        assert end_with(MemoryError(), world) == number
    with pytest.raises(Exhausted, match="MemoryError"), attempt(world):
        pass


def test_a_claim_whose_answer_was_lost_is_still_ours() -> None:
    """As a client library retries: the first try arrived, the second meets it."""
    world = World()
    plain = world.store.write

    def twice(*where: str, **how: object) -> object:
        plain(*where, **how)  # type: ignore[arg-type]
        return plain(*where, **how)  # type: ignore[arg-type]

    world.store.write = twice  # type: ignore[method-assign, assignment]
    with attempt(world) as first:
        assert first.number == 1


def beaten(world: World) -> threading.Event:
    """Set as soon as the lease was written a second time."""
    seen = threading.Event()

    def watch(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and sum(c[0] == "write" for c in world.store.calls) > 1:
            seen.set()

    world.store.on_answer = watch
    return seen


def test_a_long_attempt_keeps_its_lease_alive_and_stops_with_it() -> None:
    world = World()
    seen = beaten(world)
    with attempt(world, seconds=0.03):
        before = lease(world.store).expires_at
        world.sleep(1)
        assert seen.wait(10)
        assert lease(world.store).expires_at > before
    assert not [t for t in threading.enumerate() if t.name == f"lease {NAME}" and t.is_alive()]


def test_a_heart_beats_on_after_a_fault_of_the_store() -> None:
    world = World()
    seen = beaten(world)
    faults = [StorageUnavailable("away")] * 3

    def fail(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and lease_is_there(world) and faults:
            raise faults.pop()

    world.store.on_call = fail
    with attempt(world, seconds=0.03):
        assert seen.wait(10)
    assert not faults


def lease_is_there(world: World) -> bool:
    return NAME in world.store.names("state")


def test_a_lease_that_was_taken_over_is_not_taken_back() -> None:
    world = World()
    other = Lease(2, "other", (START + timedelta(hours=1)).isoformat())
    with attempt(world, seconds=0.03) as first:
        world.store.put("state", NAME, other.to_json())
        first._heart.join(10)
        assert not first._heart.is_alive()
    assert lease(world.store) == other


def test_releasing_a_lease_that_was_taken_over_changes_nothing() -> None:
    world = World()
    other = Lease(2, "other", (START + timedelta(hours=1)).isoformat())
    end_with(
        PreconditionFailed("somebody was faster"),
        world,
        lambda: world.store.put("state", NAME, other.to_json()),
    )
    assert lease(world.store) == other


def test_claiming_goes_by_state_and_time() -> None:
    held = claim(None, "a", START, 60)
    assert (held.attempt, held.holder) == (1, "a")
    with pytest.raises(AttemptInProgress):
        claim(held, "b", START + timedelta(seconds=59), 60)
    assert claim(held, "b", START + timedelta(seconds=60), 60).attempt == 2
    assert claim(held.released(START, "x", counts=True), "b", START, 60).attempt == 2
    assert claim(held.released(START, "x", counts=False), "b", START, 60).attempt == 1
    assert Lease.from_json(held.to_json()) == held


def test_a_heart_whose_answer_was_lost_beats_on() -> None:
    """The write arrived; the next beat meets it, and knows it for its own."""
    world = World()
    lost: list[str] = []
    seen = threading.Event()

    def lose(operation: str, bucket: str, name: str) -> None:
        writes = sum(call[0] == "write" for call in world.store.calls)
        if operation == "write" and writes == 2:
            lost.append(name)
            world.sleep(1)
            raise StorageUnavailable("no answer")
        if operation == "write" and lost:
            seen.set()

    world.store.on_answer = lose
    with attempt(world, seconds=0.03):
        assert seen.wait(10)
    assert lost


def test_a_lease_is_released_although_the_answer_to_its_last_beat_was_lost() -> None:
    world = World()
    beat = threading.Event()

    def lose(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and threading.current_thread().name.startswith("lease "):
            beat.set()
            raise StorageUnavailable("no answer")

    world.store.on_answer = lose
    assert end_with(StorageUnavailable("away"), world, lambda: beat.wait(10), seconds=0.03) == 1
    assert beat.is_set()
    assert (lease(world.store).state, lease(world.store).attempt) == (RELEASED, 0)
