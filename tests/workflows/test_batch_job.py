"""A CSV that is more than the function takes: a job predicts for it, with the function's output."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest

from shared.batch import instance
from shared.core.artifact import split_uri
from shared.core.errors import (
    AttemptInProgress,
    JobsUnavailable,
    PlatformUnavailable,
    StorageUnavailable,
)
from shared.core.event import ObjectFinalized
from shared.core.outcome import DONE_BEFORE, HANDED_OVER, Outcome
from shared.workflows import asking
from shared.workflows.batch_job import batch_job
from shared.workflows.batch_predict import SECONDS_TO_BEGIN
from tests.fakes.platform import FakePredictor
from tests.fakes.store import FakeObjectReader
from tests.workflows.test_batch_predict import CSV, ROWS, World, drop_of


class Large(World):
    """A function that takes ten bytes, and a job that takes more."""

    def __init__(self) -> None:
        super().__init__(MAX_BATCH_BYTES="10", LEASE_SECONDS="60")
        self.jobs.max_bytes = 10_000

    def run(self, uri: str = "") -> Outcome:
        """What a started job does."""
        uri = uri or self.jobs.started[-1]
        online = lambda: (FakeObjectReader(self.store), FakePredictor(self.platform))  # noqa: E731
        return batch_job(uri, self.settings, self.store, self.clock, online, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def end(self, event: ObjectFinalized) -> str:
        return str(self.outcome(event)["state"])


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Large:
    monkeypatch.setattr(instance, "ROWS", 3)
    monkeypatch.setattr(asking, "FIRST_PAUSE_SECONDS", 0.0)
    return Large()


def test_the_job_writes_what_the_function_would_have(world: Large) -> None:
    version = world.release(1)
    event = world.put(id="petal_width")
    world.store.calls.clear()
    assert world.deliver(event).step == HANDED_OVER
    assert "open" not in {operation for operation, _, _ in world.store.calls}
    assert split_uri(world.jobs.started[0]) == ("state", drop_of(event).request)
    assert world.run().step == "predicted"
    small = World()
    small.release(1)
    same = small.put(id="petal_width")
    small.deliver(same)
    assert world.table(event) == small.table(same)
    assert world.outcome(event)["counts"] == {"rows": ROWS, "refused": 0, "odd": 0}
    assert world.outcome(event)["version"] == version


def test_the_version_is_that_of_the_first_attempt(world: Large) -> None:
    first = world.release(1)
    event = world.put()
    world.deliver(event)
    world.release(2)
    world.run()
    assert {row["model_version"] for row in world.table(event)} == {first}


def test_a_redelivery_leaves_a_file_alone_that_a_job_has(world: Large) -> None:
    world.release(1)
    event = world.put()
    world.deliver(event)
    again = world.deliver(event)
    assert (again.step, again.facts["earlier"]) == (DONE_BEFORE, "given_to_job")
    world.run()
    assert world.deliver(event).step == DONE_BEFORE
    assert len(world.jobs.started) == 1


def test_a_job_that_never_began_is_started_again(world: Large) -> None:
    world.release(1)
    event = world.put()
    world.deliver(event)
    world.sleep(SECONDS_TO_BEGIN + 1)
    assert world.deliver(event).step == HANDED_OVER
    assert len(world.jobs.started) == 2
    assert world.run().step == "predicted"
    assert world.run().step == DONE_BEFORE


def test_a_job_that_cannot_be_started_leaves_the_event_to_come_again(world: Large) -> None:
    world.release(1)
    event = world.put()

    def fail(*_: str) -> None:
        raise StorageUnavailable("not now")

    world.jobs.on_call = fail
    with pytest.raises(StorageUnavailable):
        world.deliver(event)
    world.jobs.on_call = None
    assert world.deliver(event).step == HANDED_OVER
    assert world.run().step == "predicted"


@pytest.mark.parametrize("number", range(1, 16))
def test_whatever_call_of_the_function_or_the_job_fails_the_file_has_one_end(
    world: Large, number: int
) -> None:
    version = world.release(1)
    event = world.put()
    left = number

    def fail(operation: str, bucket: str, name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise StorageUnavailable("this once")

    world.store.on_call = fail
    for step in (lambda: world.deliver(event), lambda: world.run()) * 2:
        with contextlib.suppress(StorageUnavailable, AttemptInProgress, IndexError):
            step()
    world.store.on_call = None
    for _ in range(2):
        world.sleep(SECONDS_TO_BEGIN + 1)
        world.deliver(event)
        world.run()
    assert world.end(event) == "predicted"
    assert {row["model_version"] for row in world.table(event)} == {version}


def test_a_job_waits_for_a_dead_ones_lease_and_leaves_a_living_one_alone(world: Large) -> None:
    world.release(1)
    event = world.put()
    world.deliver(event)
    beat = world.store.clock

    class Died(BaseException):
        pass

    def die(operation: str, bucket: str, name: str) -> None:
        if operation == "open":
            raise Died

    world.store.on_call = die
    with pytest.raises(Died):
        world.run()
    world.store.on_call = None
    before = world.now
    assert world.run().step == "predicted"
    assert world.now - before <= timedelta(seconds=2 * world.settings.lease_seconds)
    assert beat is world.store.clock


def test_a_file_at_which_every_attempt_dies_has_an_end(world: Large) -> None:
    world.release(1)
    event = world.put()
    world.deliver(event)

    class Died(BaseException):
        pass

    def die(operation: str, bucket: str, name: str) -> None:
        if operation == "open":
            raise Died

    world.store.on_call = die
    for _ in range(world.settings.max_attempts):
        with pytest.raises(Died):
            world.run()
    assert world.run().facts["code"] == "exhausted"
    assert world.end(event) == "refused"


def test_a_platform_that_stays_away_costs_no_attempt(world: Large) -> None:
    world.release(1)
    event = world.put()
    world.deliver(event)

    def fail(operation: str, model: str, version: str) -> None:
        if operation == "predict":
            raise PlatformUnavailable("busy")

    world.platform.on_call = fail
    for _ in range(world.settings.max_attempts + 2):
        with pytest.raises(PlatformUnavailable):
            world.run()
    world.platform.on_call = None
    assert world.run().step == "predicted"
    assert world.end(event) == "predicted"


def test_one_that_was_overwritten_before_the_job_began_is_superseded(world: Large) -> None:
    world.release(1)
    event = world.put()
    world.deliver(event)
    world.put(CSV + b"1,2,3,4\n")
    assert world.run().step == "superseded"


def test_more_than_a_job_takes_is_refused_without_a_look(world: Large) -> None:
    world.release(1)
    world.jobs.max_bytes = 11
    event = world.put()
    world.store.calls.clear()
    assert world.deliver(event).facts["code"] == "too_large"
    assert "open" not in {operation for operation, _, _ in world.store.calls}
    assert world.jobs.started == []


def test_an_address_that_is_of_no_batch_is_refused(world: Large) -> None:
    world.store.put(
        "state",
        "predictions/x.json",
        b'{"source": {"bucket": "data", "name": "x", '
        b'"generation": "1", "time_created": "2026-11-22T13:00:00Z"}}',
    )
    with pytest.raises(ValueError, match="no file to predict for"):
        world.run("gs://state/predictions/x.json")


def test_a_job_whose_model_was_forgotten_before_it_began_has_nothing_to_do(world: Large) -> None:
    world.release(1)
    event = world.put()
    world.deliver(event)
    request = drop_of(event).request
    generation = world.store.live("state", request)[1].generation
    world.store.delete("state", request, if_generation_match=generation)
    assert world.run().step == "ignored"
    assert drop_of(event).outcome not in world.store.names("state")


def test_a_lost_job_that_cannot_be_started_again_yet_is_not_taken_for_one_at_work(
    world: Large,
) -> None:
    world.release(1)
    event = world.put()
    world.deliver(event)
    world.sleep(SECONDS_TO_BEGIN + 1)

    def fail(*_: str) -> None:
        raise JobsUnavailable("not now")

    world.jobs.on_call = fail
    for _ in range(3):
        with pytest.raises(JobsUnavailable):
            world.deliver(event)
    world.jobs.on_call = None
    assert world.deliver(event).step == HANDED_OVER
    assert world.run().step == "predicted"
