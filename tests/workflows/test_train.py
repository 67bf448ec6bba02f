"""What the function cannot hold, or died of, a training job trains: once, and told as it goes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.core.artifact import drop_id, lease_name
from shared.core.errors import AttemptInProgress, JobsUnavailable, StorageUnavailable
from shared.core.event import ObjectFinalized
from shared.core.lease import JOB, Lease
from shared.workflows.forget import Forget
from shared.workflows.retrain import SECONDS_TO_BEGIN
from tests.workflows.test_delivery import Killed, assert_live_once
from tests.workflows.world import DATA, IRIS, MODELS, STATE, World

SMALL = {"MAX_CSV_BYTES": "1000"}
"""Iris is larger, so it goes to a job."""


def world_with_jobs(**changes: str) -> World:
    world = World(**changes)
    world.jobs.max_bytes = 10_000_000
    return world


def handed(world: World) -> ObjectFinalized:
    """A drop that the function gave to a job."""
    event = world.drop()
    assert world.retrain(event).step == "handed_over"
    return event


def lease(world: World, event: ObjectFinalized) -> Lease:
    name = lease_name("iris", drop_id(event.source))
    return Lease.from_json(world.store.live(STATE, name)[0])


def test_a_file_above_the_function_s_limit_goes_to_a_job_unread() -> None:
    world = world_with_jobs(**SMALL)
    event = handed(world)
    assert not [c for c in world.store.calls if c[0] in ("open", "stream") and c[1] == DATA]
    (uri,) = world.jobs.started
    assert uri == f"gs://{MODELS}/models/iris/model_{drop_id(event.source)}/inputs.json"
    story = world.story("iris", drop_id(event.source))
    assert (story["state"], story["place"]) == ("training", "job")
    assert "more than the function trains on" in story["reason"]


def test_the_job_does_what_the_function_does() -> None:
    here, there = World(), world_with_jobs(**SMALL)
    here.retrain(here.drop())
    handed(there)
    assert there.train(*there.jobs.started).step == "trained"
    files = [sorted(w.store.names(MODELS)) for w in (here, there)]
    assert files[0] == files[1]
    for name in files[0]:
        assert here.store.live(MODELS, name)[0] == there.store.live(MODELS, name)[0], name


def test_a_job_s_drop_goes_live_and_its_story_shows_every_stage() -> None:
    world = world_with_jobs(**SMALL)
    event = handed(world)
    world.train(*world.jobs.started)
    world.settle()
    assert_live_once(world, event)
    steps = world.story("iris", drop_id(event.source))["steps"]
    stages = [step["stage"] for step in steps if "stage" in step]
    assert stages[:2] == ["read", "choose"]
    assert {step["place"] for step in steps if step["step"] == "training"} == {"job"}
    assert steps[1]["execution"] == "jobs/train/executions/1"


def test_a_second_execution_of_a_job_that_is_done_changes_nothing() -> None:
    world = world_with_jobs(**SMALL)
    handed(world)
    world.train(*world.jobs.started)
    before = world.store.names(MODELS) + world.store.names(STATE)
    assert world.train(*world.jobs.started).facts["earlier"] == "trained"
    assert world.store.names(MODELS) + world.store.names(STATE) == before


def test_a_redelivery_leaves_a_drop_that_a_job_has_alone_until_the_job_is_lost() -> None:
    world = world_with_jobs(**SMALL)
    event = handed(world)
    assert world.retrain(event).facts["earlier"] == "given_to_job"
    world.sleep(SECONDS_TO_BEGIN + 1)
    assert world.retrain(event).step == "handed_over"
    assert len(world.jobs.started) == 2
    assert world.train(world.jobs.started[0]).step == "trained"
    assert world.retrain(event).facts["earlier"] == "trained"


def test_a_file_that_nothing_can_hold_is_refused_unread() -> None:
    world = world_with_jobs(**SMALL)
    world.jobs.max_bytes = 2_000
    outcome = world.retrain(world.drop())
    assert outcome.facts["findings"][0]["code"] == "too_large"
    assert world.jobs.started == []
    assert not [call for call in world.store.calls if call[1] == DATA]


def test_a_drop_with_many_cells_goes_to_a_job_after_a_look_at_its_first_megabyte() -> None:
    world = world_with_jobs(FUNCTION_SECONDS="17")  # 60 % of it: just above what nothing takes
    event = world.drop(IRIS + IRIS.partition(b"\n")[2] * 400)
    assert event.size > 1_000_000
    assert world.retrain(event).step == "handed_over"


def test_a_small_file_is_trained_here_without_a_look() -> None:
    world = world_with_jobs(FUNCTION_SECONDS="10.001", FUNCTION_SHARE="1")
    handed_on = world.retrain(world.drop())
    assert handed_on.step == "handed_over"  # read once, and only then known to be too much
    assert sum(call[0] == "open" for call in world.store.calls) == 1


def test_a_packed_file_that_unpacks_beyond_the_limit_is_handed_over() -> None:
    world = world_with_jobs(MAX_CSV_BYTES="2000")
    event = replace(world.drop(), size=90)  # as stored, in gzip
    assert world.retrain(event).step == "handed_over"
    assert world.train(*world.jobs.started).step == "trained"


def test_a_fault_of_the_jobs_service_gives_the_attempt_back() -> None:
    world = world_with_jobs(**SMALL)
    event = world.drop()

    def fail(*call: str) -> None:
        raise JobsUnavailable("not now")

    world.jobs.on_call = fail
    for _ in range(5):
        with pytest.raises(JobsUnavailable):
            world.retrain(event)
    assert lease(world, event).attempt == 0
    world.jobs.on_call = None
    assert world.retrain(event).step == "handed_over"


def test_a_function_that_dies_after_it_started_a_job_starts_another_and_one_trains() -> None:
    world = world_with_jobs(**SMALL)
    event = world.drop()

    def die(*call: str) -> None:
        raise Killed

    world.jobs.on_answer = die
    with pytest.raises(Killed):
        world.retrain(event)
    world.jobs.on_answer = None
    world.sleep(world.settings.lease_seconds + 1)
    assert world.retrain(event).step == "handed_over"
    assert [world.train(uri).step for uri in world.jobs.started] == ["trained", "done_before"]
    world.settle()
    assert_live_once(world, event)


def test_a_job_that_begins_before_the_function_has_let_go_waits_for_it() -> None:
    world = world_with_jobs(**SMALL)
    event = world.drop()
    outcomes = []

    def begin(operation: str, bucket: str, uri: str) -> None:
        world.jobs.on_answer = None
        outcomes.append(world.train(uri))

    world.jobs.on_answer = begin
    assert world.retrain(event).step == "handed_over"
    assert outcomes[0].step == "trained"
    world.settle()
    assert_live_once(world, event)


def die_when_reading(world: World) -> Callable[[str, str, str], None]:
    def die(operation: str, bucket: str, name: str) -> None:
        if operation == "open" and bucket == DATA:
            raise Killed

    return die


def test_what_the_function_died_of_three_times_a_job_trains() -> None:
    world = world_with_jobs()
    event = world.drop()
    world.store.on_call = die_when_reading(world)
    for _ in range(3):
        with pytest.raises(Killed):
            world.retrain(event)
        world.sleep(world.settings.lease_seconds + 1)
    assert world.retrain(event).step == "handed_over"
    assert lease(world, event).place == JOB
    world.store.on_call = None
    assert world.train(*world.jobs.started).step == "trained"
    world.settle()
    assert_live_once(world, event)


def test_what_a_job_died_of_three_times_is_exhausted() -> None:
    world = world_with_jobs(**SMALL)
    event = handed(world)
    world.store.on_call = die_when_reading(world)
    for number in (1, 2, 3):
        with pytest.raises(Killed):
            world.train(*world.jobs.started)
        assert (lease(world, event).attempt, lease(world, event).place) == (number, JOB)
    outcome = world.train(*world.jobs.started)
    assert (outcome.step, outcome.facts["attempts"]) == ("exhausted", 3)
    assert world.train(*world.jobs.started).facts["earlier"] == "exhausted"
    assert world.retrain(event).facts["earlier"] == "exhausted"


def test_a_job_leaves_a_living_attempt_alone() -> None:
    world = world_with_jobs(**SMALL)
    event = handed(world)
    inner: list[Any] = []

    def again(operation: str, bucket: str, name: str) -> None:
        if operation == "open" and not inner:
            inner.append(None)
            held = lease(world, event).renewed(world.now, 10_000)  # as its heart would
            world.store.put(STATE, lease_name("iris", drop_id(event.source)), held.to_json())
            inner[0] = world.train(*world.jobs.started)

    world.store.on_call = again
    assert world.train(*world.jobs.started).step == "trained"
    assert inner[0].step == "done_before"


def test_a_refusal_in_a_job_is_told_once_with_its_place_in_the_file() -> None:
    world = world_with_jobs(**SMALL)
    event = world.drop(IRIS.replace(b"4.9,3.0", b"4.9,oops"))
    world.retrain(event)
    assert world.train(*world.jobs.started).step == "refused"
    (finding,) = world.story("iris", drop_id(event.source))["findings"]
    assert (finding["code"], finding["line"]) == ("not_numeric", 3)


def test_a_file_that_went_before_the_job_came_is_superseded() -> None:
    world = world_with_jobs(**SMALL)
    handed(world)
    world.sleep(1)
    world.drop()
    assert world.train(*world.jobs.started).step == "superseded"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", [lambda: StorageUnavailable("not now"), Killed])
def test_a_fault_at_any_call_of_function_or_job_is_repaired(
    fault: Callable[[], BaseException], after: bool
) -> None:
    for nth in itertools.count(1):
        world = world_with_jobs(**SMALL)
        event = world.drop()
        calls = iter(range(1, 10_000))
        struck: list[int] = []

        def strike(
            *call: str, nth: int = nth, calls: object = calls, struck: list[int] = struck
        ) -> None:
            if next(calls) == nth:  # type: ignore[call-overload]
                struck.append(nth)
                raise fault()

        for port in (world.store, world.platform, world.jobs):
            setattr(port, "on_answer" if after else "on_call", strike)
        deliver_until_quiet(world, event)
        world.jobs.on_call = world.jobs.on_answer = None
        assert_live_once(world, event)
        if not struck:
            break
    assert nth > 20, "fewer calls were failed than a drop needs"


def deliver_until_quiet(world: World, event: ObjectFinalized) -> None:
    """Eventarc's redeliveries, and the retries of the jobs service."""
    world.events.append(event)
    todo: list[str] = []
    for _ in range(100):
        todo += world.jobs.started
        world.jobs.started.clear()
        if not world.events and not todo:
            return
        try:
            if world.events:
                world.deliver(world.events[0])
                world.events.pop(0)
            else:
                world.train(todo[0])
                todo.pop(0)
        except (StorageUnavailable, JobsUnavailable, AttemptInProgress, Killed):
            world.events.append(world.events.pop(0)) if world.events else None
            world.sleep(world.settings.lease_seconds + 1)
    raise AssertionError("deliveries never end")


def test_the_story_of_a_job_is_json_that_anybody_can_read() -> None:
    world = world_with_jobs(**SMALL)
    event = handed(world)
    world.train(*world.jobs.started)
    json.dumps(world.story("iris", drop_id(event.source)))


def test_a_lost_job_that_cannot_be_started_again_yet_has_no_more_attempts_for_it() -> None:
    world = world_with_jobs(**SMALL)
    event = handed(world)
    world.sleep(SECONDS_TO_BEGIN + 1)

    def fail(*call: str) -> None:
        raise JobsUnavailable("not now")

    world.jobs.on_call = fail
    for _ in range(3):
        with pytest.raises(JobsUnavailable):
            world.retrain(event)
    world.jobs.on_call = None
    assert (lease(world, event).attempt, lease(world, event).place) == (0, JOB)


def test_a_drop_that_was_handed_over_and_could_not_be_told_of_is_the_job_s_first_attempt() -> None:
    world = world_with_jobs(**SMALL)
    event = world.drop()

    def fail(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and "_training_0" in name:
            raise StorageUnavailable("not now")

    world.store.on_call = fail
    with pytest.raises(StorageUnavailable):
        world.retrain(event)
    assert (lease(world, event).attempt, lease(world, event).place) == (0, JOB)
    world.store.on_call = None
    assert world.retrain(event).facts["earlier"] == "given_to_job"
    assert world.train(*world.jobs.started).step == "trained"
    assert lease(world, event).attempt == 1


def test_a_job_whose_drop_was_forgotten_before_it_began_has_nothing_to_do() -> None:
    world = world_with_jobs(**SMALL)
    event = handed(world)
    forget = Forget("iris", "ann", world.settings, world.store, world.platform, world.clock)
    forget.carry_out(forget.plan(drop_id(event.source)))
    assert world.train(*world.jobs.started).step == "ignored"
    assert world.store.names(MODELS) == []
