"""A CSV to predict for, over the in-memory store and platform: crashes, deliveries, refusals."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.batch import instance
from shared.core.errors import (
    InvalidRequest,
    PlatformUnavailable,
    RetryableError,
    StorageUnavailable,
)
from shared.core.event import ObjectFinalized
from shared.core.outcome import DONE_BEFORE, IGNORED, Outcome
from shared.core.schema import Schema
from shared.core.trigger import BatchDrop, parse_batch_name
from shared.workflows import asking
from shared.workflows.batch_predict import batch_predict
from tests.fakes.jobs import FakeJobs
from tests.fakes.platform import FakePlatform, FakePredictor
from tests.fakes.store import FakeObjectReader, FakeObjectStore, event_of
from tests.release import IRIS, make_default, put_version, settings

ROWS = 7
HEAD = "sepal_length,sepal_width,petal_length,petal_width\n"
CSV = (HEAD + "".join(f"{row},3,4,1\n" for row in range(ROWS))).encode()
NAME = "batch/iris/week 7.csv"


def answer(_: str, instances: list[Any]) -> list[Any]:
    return [f"flower {row[0]:g}" for row in instances]


class World:
    """The workflow with everything around it; three rows to a request."""

    def __init__(self, **changes: str) -> None:
        self.store, self.platform = FakeObjectStore(), FakePlatform(answer)
        self.settings = settings(**changes)
        self.jobs, self.now = FakeJobs(), datetime(2026, 11, 22, 13, 0, 0, tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now

    def release(self, number: int, schema: Schema | None = IRIS) -> str:
        version = put_version(self.store, self.platform, number, schema)
        make_default(self.store, version)
        return version

    def put(self, data: bytes = CSV, name: str = NAME, **metadata: str) -> ObjectFinalized:
        return event_of(self.store.put("data", name, data, **metadata))

    def deliver(self, event: ObjectFinalized) -> Outcome:
        return batch_predict(
            event,
            self.settings,
            self.store,
            self.jobs,
            self.clock,
            lambda: (FakeObjectReader(self.store), FakePredictor(self.platform)),
        )

    def read(self, name: str) -> bytes:
        return self.store.live("state", name)[0]

    def table(self, event: ObjectFinalized) -> list[dict[str, str]]:
        text = self.read(drop_of(event).result).decode()
        return list(csv.DictReader(io.StringIO(text)))

    def outcome(self, event: ObjectFinalized) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read(drop_of(event).outcome))
        return found


def drop_of(event: ObjectFinalized) -> BatchDrop:
    found = parse_batch_name(event.source)
    assert isinstance(found, BatchDrop)
    return found


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(instance, "ROWS", 3)
    return World()


def test_every_row_is_answered_in_order_by_the_default(world: World) -> None:
    world.release(1)
    version = world.release(2)
    event = world.put()
    outcome = world.deliver(event)
    assert (outcome.step, outcome.model) == ("predicted", "iris")
    rows = world.table(event)
    assert [row["prediction"] for row in rows] == [f"flower {row}" for row in range(ROWS)]
    assert [row["line"] for row in rows] == [str(row + 2) for row in range(ROWS)]
    assert {row["model_version"] for row in rows} == {version}
    told = world.outcome(event)
    assert told["counts"] == {"rows": ROWS, "refused": 0, "odd": 0}
    assert told["result"] == f"gs://state/predictions/iris/week 7-{event.source.id}.csv"


def test_a_version_can_be_named_and_a_column_passed_through(world: World) -> None:
    first = world.release(1)
    world.release(2)
    event = world.put(CSV, version=first, id="petal_width")
    assert world.deliver(event).facts["version"] == first
    assert {(row["model_version"], row["petal_width"]) for row in world.table(event)} == {
        (first, "1")
    }


def test_a_second_delivery_changes_nothing(world: World) -> None:
    world.release(1)
    event = world.put()
    world.deliver(event)
    names = world.store.names("state")
    world.release(2)
    assert world.deliver(event).step == DONE_BEFORE
    assert world.store.names("state") == names


OPERATIONS = ("stat", "read", "open", "stream", "write", "fetch", "metadata")


@pytest.mark.parametrize("lost", [False, True], ids=["failed", "answer lost"])
@pytest.mark.parametrize("number", range(1, 30))
def test_whatever_call_fails_a_later_delivery_ends_it_with_the_first_version(
    world: World, number: int, lost: bool
) -> None:
    first = world.release(1)
    event = world.put()
    left = number

    def fail(operation: str, bucket: str, name: str) -> None:
        nonlocal left
        left -= operation in OPERATIONS
        if left == 0:
            raise StorageUnavailable("this once")

    setattr(world.store, "on_answer" if lost else "on_call", fail)
    with contextlib.suppress(RetryableError):
        world.deliver(event)
    begun = drop_of(event).request in world.store.names("state")
    world.store.on_call = world.store.on_answer = None
    second = world.release(2)
    world.deliver(event)
    rows = world.table(event)
    assert [row["prediction"] for row in rows] == [f"flower {row}" for row in range(ROWS)]
    assert {row["model_version"] for row in rows} == {first if begun else second}
    assert world.outcome(event)["counts"]["rows"] == ROWS


def test_a_platform_that_comes_back_is_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "FIRST_PAUSE_SECONDS", 0.0)
    world.release(1)
    failures = iter([True, False, True, True])

    def fail(operation: str, model: str, version: str) -> None:
        if operation == "predict" and next(failures, False):
            raise PlatformUnavailable("busy")

    world.platform.on_call = fail
    event = world.put()
    assert world.deliver(event).step == "predicted"
    assert len(world.table(event)) == ROWS


def test_a_platform_that_stays_away_makes_the_event_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "FIRST_PAUSE_SECONDS", 0.0)
    world.release(1)
    event = world.put()

    def fail(operation: str, model: str, version: str) -> None:
        if operation == "predict":
            raise PlatformUnavailable("busy")

    world.platform.on_call = fail
    with pytest.raises(PlatformUnavailable):
        world.deliver(event)
    assert drop_of(event).result not in world.store.names("state")


def test_what_the_platform_refuses_for_good_is_the_outcome(world: World) -> None:
    world.release(1)
    event = world.put()

    def fail(operation: str, model: str, version: str) -> None:
        if operation == "predict":
            raise InvalidRequest("not like this")

    world.platform.on_call = fail
    assert world.deliver(event).step == "refused"
    assert world.outcome(event)["findings"][0]["code"] == "invalid_request"


@pytest.mark.parametrize(
    ("data", "metadata", "code"),
    [
        (b"sepal_length\n1\n", {}, "missing_column"),
        (b"\x1f\x8b", {}, "compressed"),
        (CSV + b'"\n', {}, "quoting"),
        (CSV, {"version": "v1"}, "no_version"),
        (CSV, {"id": "none"}, "missing_column"),
    ],
)
def test_a_file_that_cannot_be_predicted_for_says_why(
    world: World, data: bytes, metadata: dict[str, str], code: str
) -> None:
    world.release(1)
    event = world.put(data, **metadata)
    assert world.deliver(event).facts["code"] == code
    told = world.outcome(event)
    assert (told["state"], told["findings"][0]["code"]) == ("refused", code)
    assert drop_of(event).result not in world.store.names("state")


def test_without_a_live_version_there_is_none_to_ask(world: World) -> None:
    event = world.put()
    assert world.deliver(event).facts["code"] == "no_model"


def test_a_version_without_a_card_has_no_columns(world: World) -> None:
    world.release(1, None)
    assert world.deliver(world.put()).facts["code"] == "no_card"


def test_a_file_beyond_the_limit_is_not_read() -> None:
    world = World(MAX_BATCH_BYTES="10")
    world.release(1)
    event = world.put()
    world.store.calls.clear()
    assert world.deliver(event).facts["code"] == "too_large"
    assert "open" not in {operation for operation, _, _ in world.store.calls}


def test_an_overwritten_file_is_superseded(world: World) -> None:
    world.release(1)
    event = world.put()
    world.put(CSV)
    assert world.deliver(event).step == "superseded"


@pytest.mark.parametrize(
    "name",
    ["data/iris/x.csv", "batch/x.csv", "batch/iris/x.txt", "batch/iris/", "batch/ä/x.csv", "x.csv"],
)
def test_what_is_no_batch_is_ignored_without_a_call(world: World, name: str) -> None:
    event = world.put(CSV, name)
    world.store.calls.clear()
    assert world.deliver(event).step == IGNORED
    assert world.store.calls == []
