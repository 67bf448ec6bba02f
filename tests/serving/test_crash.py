"""A process that dies at any call to the store: the next carries on, and nothing is half served.

The store raises at its N-th call, before or after it took effect, for every N; then a new process
meets what is left.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.serving.world import Api, World

LEASE = "0.001"
"""Of the process that dies: over when the next one looks."""


class Killer:
    """Ends the process at the N-th call of the store from now on."""

    def __init__(self, world: World, calls: int, *, after: bool) -> None:
        self.world, self.left, self.fired = world, calls, False
        if after:
            world.store.on_answer = self
        else:
            world.store.on_call = self

    def __call__(self, operation: str, bucket: str, name: str) -> None:
        if bucket != "state":
            return
        self.left -= 1
        if self.left <= 0:  # a dead process calls nothing any more
            self.fired = True
            raise RuntimeError("died")

    def disarm(self) -> None:
        self.world.store.on_call = self.world.store.on_answer = None


def crashing(world: World, n: int, after: bool, act: Callable[[Api], object]) -> bool:
    """Whether the process died while it acted."""
    with world.serving(LEASE_SECONDS=LEASE, MAX_AGE_SECONDS="0") as api:
        killer = Killer(world, n, after=after)
        act(api)
        killer.disarm()
        return killer.fired


def every_point(
    prepare: Callable[[Api, World], None],
    act: Callable[[Api], object],
    check: Callable[[Api, World], None],
) -> int:
    """Die at every call in turn, then check with a new process; how many points there were."""
    points = 0
    for after in (False, True):
        n = 1
        while True:
            world = World()
            with world.serving() as api:
                api.create_model()
                prepare(api, world)
            died = crashing(world, n, after, act)
            with world.serving(MAX_AGE_SECONDS="0") as api:
                check(api, world)
            if not died:
                break
            n, points = n + 1, points + 1
    return points


@pytest.mark.parametrize("seen_by", ["create", "get", "operation"])
def test_a_creation_that_died_anywhere_is_carried_on_by_whoever_sees_it(seen_by: str) -> None:
    uri = World().directory(1)

    def check(api: Api, world: World) -> None:
        if seen_by == "get":
            api.version("v1")
        if seen_by == "operation":
            for operation in api.call("GET", "/operations").json.get("operations", []):
                name = operation["name"].rsplit("/", 1)[1]
                assert api.call("GET", f"/operations/{name}").json["done"] is True
        again = api.create_version("v1", uri)
        assert again.status in (200, 409)
        assert again.status == 409 or again.json["response"]["state"] == "READY"
        assert api.version("v1").json["state"] == "READY"
        assert api.call("GET", "/models/iris").json["defaultVersion"]["name"].endswith("/v1")
        assert api.predict().json == {"predictions": [1, 1]}

    points = every_point(
        lambda api, world: world.directory(1) and None,
        lambda api: api.create_version("v1", uri),
        check,
    )
    assert points >= 16


def two_versions(api: Api, world: World) -> None:
    for second in (1, 2):
        api.create_version(f"v{second}", world.directory(second))


def test_a_deletion_that_died_anywhere_leaves_the_version_or_no_trace_of_it() -> None:
    def check(api: Api, world: World) -> None:
        seen = api.version("v2")
        assert seen.status == 404 or seen.json["state"] == "READY"
        answer = api.predict("v2")
        assert answer.status == (404 if seen.status == 404 else 200)
        assert api.predict().headers["x-model-version"] == "v1"
        assert api.call("DELETE", "/models/iris/versions/v2").status == (
            404 if seen.status == 404 else 200
        )
        assert api.version("v2").status == 404

    points = every_point(
        two_versions, lambda api: api.call("DELETE", "/models/iris/versions/v2"), check
    )
    assert points >= 10


def test_a_deletion_of_the_last_version_that_died_anywhere_can_be_repeated() -> None:
    def check(api: Api, world: World) -> None:
        api.version("v1")
        api.call("DELETE", "/models/iris/versions/v1")
        assert api.version("v1").status == 404
        assert "defaultVersion" not in api.call("GET", "/models/iris").json
        assert api.create_version("v3", world.directory(3)).status == 200
        assert api.predict().headers["x-model-version"] == "v3"

    every_point(
        lambda api, world: api.create_version("v1", world.directory(1)) and None,
        lambda api: api.call("DELETE", "/models/iris/versions/v1"),
        check,
    )


def test_a_choice_of_the_default_that_died_anywhere_leaves_one_of_the_two() -> None:
    def check(api: Api, world: World) -> None:
        answer = api.predict()
        assert answer.status == 200
        assert answer.headers["x-model-version"] in ("v1", "v2")
        assert api.call("POST", "/models/iris/versions/v2:setDefault", {}).status == 200
        assert api.predict().headers["x-model-version"] == "v2"

    every_point(
        two_versions, lambda api: api.call("POST", "/models/iris/versions/v2:setDefault", {}), check
    )


def test_a_model_deletion_that_died_anywhere_can_be_repeated() -> None:
    def check(api: Api, world: World) -> None:
        api.call("DELETE", "/models/iris")
        assert api.call("GET", "/models/iris").status == 404
        assert api.create_model().status == 200
        assert api.create_version("v1", world.directory(1)).status == 200
        assert api.predict().status == 200

    every_point(lambda api, world: None, lambda api: api.call("DELETE", "/models/iris"), check)
