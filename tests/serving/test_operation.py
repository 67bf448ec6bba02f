"""`projects.operations`: told when done, pending while somebody waits, forgotten in the end."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from serving.document import Documents
from serving.operation import Operations
from serving.page import Page
from tests.fakes.store import FakeObjectStore
from tests.serving.world import Api, World

START = datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_what_is_done_at_once_can_be_asked_for_later(world: World, api: Api) -> None:
    told = api.create_version("v1", world.directory()).json
    assert api.call("GET", "/" + told["name"].split("/", 2)[2]).json == told
    listed = api.call("GET", "/operations?pageSize=100").json["operations"]
    assert told in listed
    metadata = told["metadata"]
    assert metadata["modelName"] == "projects/p/models/iris"
    assert metadata["version"] == "projects/p/models/iris/versions/v1"
    assert metadata["createTime"] <= metadata["endTime"]


def test_none_is_not_found(api: Api) -> None:
    for method, verb in (("GET", ""), ("POST", ":cancel")):
        answer = api.call(method, f"/operations/none{verb}")
        assert (answer.status, answer.json["error"]["status"]) == (404, "NOT_FOUND")


def test_cancelling_what_is_done_changes_nothing(world: World, api: Api) -> None:
    told = api.create_version("v1", world.directory()).json
    path = "/" + told["name"].split("/", 2)[2]
    assert api.call("POST", f"{path}:cancel", {}).json == {}
    assert api.call("GET", path).json == told


def test_a_long_creation_is_pending_and_one_who_repeats_it_is_told_of_the_same(
    world: World,
) -> None:
    reading, go = threading.Event(), threading.Event()

    def slow(operation: str, bucket: str, name: str) -> None:
        if bucket == "models" and operation == "read":
            reading.set()
            assert go.wait(30)

    with world.serving(ANSWER_SECONDS="0.01") as api:
        api.create_model()
        uri = world.directory()
        world.store.on_call = slow
        first = api.create_version("v1", uri).json
        assert reading.wait(30)
        assert "done" not in first
        again = api.create_version("v1", uri)
        assert (again.status, again.json) == (200, first)
        path = "/" + first["name"].split("/", 2)[2]
        assert api.call("GET", path).json == first
        assert api.call("POST", f"{path}:cancel", {}).status == 200
        assert api.call("GET", path).json["metadata"]["isCancellationRequested"] is True
        assert api.version("v1").json["state"] == "CREATING"
        assert api.call("DELETE", "/models/iris/versions/v1").status == 400
        assert api.predict("v1").json["error"]["status"] == "FAILED_PRECONDITION"
        go.set()
    with world.serving(LEASE_SECONDS="0.001") as api:
        assert api.predict("v1").status in (200, 400)
        done = api.call("GET", path).json
        assert done["done"] is True or api.version("v1").json["state"] == "CREATING"


def test_an_operation_of_a_version_that_is_gone_ends_with_an_error(world: World) -> None:
    with world.serving(LEASE_SECONDS="0.001", ANSWER_SECONDS="0.001") as api:
        api.create_model()
        go = threading.Event()

        def slow(operation: str, bucket: str, name: str) -> None:
            if bucket == "models":
                assert go.wait(30)

        uri = world.directory()
        world.store.on_call = slow
        pending = api.create_version("v1", uri).json
        assert "done" not in pending
        deleted = api.call("DELETE", "/models/iris/versions/v1")
        assert deleted.status == 200, "its creator's lease is over"
        path = "/" + pending["name"].split("/", 2)[2]
        ended = api.call("GET", path).json
        go.set()
    assert "was deleted" in ended["error"]["message"]


@pytest.fixture
def aged() -> tuple[Operations, list[datetime]]:
    """Operations and the clock that they go by."""
    now = [START]
    return Operations(Documents(FakeObjectStore(), "state"), "p", lambda: now[0]), now


def test_operations_are_forgotten_after_thirty_days(
    aged: tuple[Operations, list[datetime]],
) -> None:
    operations, now = aged
    for day in range(3):
        now[0] = START + timedelta(days=day)
        operations.done("DELETE_MODEL", f"m{day}", "", None)
    now[0] = START + timedelta(days=31, seconds=1)
    names = [body["name"] for body in operations.list(Page())["operations"]]
    assert len(names) == 1
    assert "delete_m2" in names[0]
    left = operations.documents.names("serving/operations/")
    assert len(left) == 1
