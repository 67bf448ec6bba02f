"""Two calls that meet at the worst moment: what one does between two steps of the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from serving.record import Model, Version
from shared.core.default import Default
from tests.serving.world import Api, World

DEFAULT = "defaults/iris.json"
SECOND = "serving/versions/iris/v2.json"
MODEL = "serving/models/iris.json"


@pytest.fixture
def two(world: World, api: Api) -> Api:
    """With v1, the default, and v2."""
    for second in (1, 2):
        api.create_version(f"v{second}", world.directory(second))
    return api


def once(
    world: World, operation: str, name: str, act: Callable[[], object], *, after: bool
) -> None:
    """Do something else just before or after the next such call to the store."""

    def hook(called: str, bucket: str, called_name: str) -> None:
        if called == operation and called_name.startswith(name):
            world.store.on_call = world.store.on_answer = None
            act()

    if after:
        world.store.on_answer = hook
    else:
        world.store.on_call = hook


def default_of(world: World) -> Default:
    return Default.from_json(world.store.live("state", DEFAULT)[0])


def test_a_version_that_becomes_the_default_while_it_is_deleted_stays(
    world: World, two: Api
) -> None:
    def choose() -> None:
        chosen = replace(default_of(world), version="v2", pinned_by="person")
        world.store.put("state", DEFAULT, chosen.to_json())

    once(world, "write", SECOND, choose, after=True)
    answer = two.call("DELETE", "/models/iris/versions/v2")
    assert (answer.status, answer.json["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert two.version("v2").json["state"] == "READY"
    assert two.predict("v2").status == 200


@pytest.mark.parametrize("gone", [False, True])
def test_a_version_that_is_deleted_while_it_becomes_the_default_does_not(
    world: World, two: Api, gone: bool
) -> None:
    def delete() -> None:
        data, meta = world.store.live("state", SECOND)
        if gone:
            world.store.delete("state", SECOND, if_generation_match=meta.generation)
        else:
            marked = replace(Version.from_json(data), state="DELETING", lease_until="9999")
            world.store.put("state", SECOND, marked.to_json())

    once(world, "write", DEFAULT, delete, after=False)
    answer = two.call("POST", "/models/iris/versions/v2:setDefault", {})
    assert (answer.status, answer.json["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert default_of(world).version == "v1"
    assert two.predict().headers["x-model-version"] == "v1"


def test_a_default_that_moved_meanwhile_is_weighed_again(world: World, two: Api) -> None:
    def choose() -> None:
        chosen = replace(default_of(world), version="v2", pinned_by="person", previous="v1")
        world.store.put("state", DEFAULT, chosen.to_json())

    releasing = two.as_account("deploy-version")
    releasing.create_version("v3", world.directory(3))
    once(world, "write", DEFAULT, choose, after=False)
    assert releasing.call("POST", "/models/iris/versions/v3:setDefault", {}).status == 200
    assert default_of(world).version == "v2", "a person's pin holds against a release"


def test_a_refused_deletion_does_not_even_mark_the_default(world: World, two: Api) -> None:
    before = two.version("v1").json["etag"]
    assert two.call("DELETE", "/models/iris/versions/v1").status == 400
    assert two.version("v1").json["etag"] == before


def test_a_model_that_was_changed_while_it_was_deleted_stays(world: World, api: Api) -> None:
    def describe() -> None:
        model = Model.from_json(world.store.live("state", MODEL)[0])
        world.store.put("state", MODEL, replace(model, fields={"description": "new"}).to_json())

    once(world, "list", "serving/versions/iris/", describe, after=False)
    answer = api.call("DELETE", "/models/iris")
    assert (answer.status, answer.json["error"]["status"]) == (409, "ABORTED")
    assert api.call("GET", "/models/iris").json["description"] == "new"


def test_a_version_whose_record_was_deleted_while_it_was_proven_ends_with_an_error(
    world: World, api: Api
) -> None:
    def delete() -> None:
        name = "serving/versions/iris/v1.json"
        meta = world.store.live("state", name)[1]
        world.store.delete("state", name, if_generation_match=meta.generation)

    uri = world.directory()
    once(world, "stat", "models/iris/", delete, after=False)
    operation = api.create_version("v1", uri).json
    assert operation["done"] is True
    assert "was deleted" in operation["error"]["message"]
    assert api.version("v1").status == 404


def test_the_first_version_is_never_seen_ready_and_not_the_default(world: World, api: Api) -> None:
    seen: list[object] = []

    def look() -> None:
        found = api.version("v1").json
        seen.append((found["state"], found["isDefault"]))

    once(world, "write", DEFAULT, look, after=False)
    api.create_version("v1", world.directory())
    assert seen == [("READY", True)]
    assert default_of(world).version == "v1"
