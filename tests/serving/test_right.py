"""Which account may do what."""

from __future__ import annotations

import pytest

from shared.artifacts.writing import dump
from tests.serving.world import FLOWERS, Api, World, iris

CALLS = {
    "predict": ("POST", "/models/iris:predict", {"instances": FLOWERS}),
    "predict version": ("POST", "/models/iris/versions/v1:predict", {"instances": FLOWERS}),
    "get model": ("GET", "/models/iris", None),
    "get version": ("GET", "/models/iris/versions/v1", None),
    "list models": ("GET", "/models", None),
    "list versions": ("GET", "/models/iris/versions", None),
    "list operations": ("GET", "/operations", None),
    "get operation": ("GET", "/operations/none", None),
    "create model": ("POST", "/models", {"name": "iris"}),
    "create version": ("POST", "/models/iris/versions", {"name": "v9"}),
    "set default": ("POST", "/models/iris/versions/v1:setDefault", {}),
    "patch model": ("PATCH", "/models/iris?updateMask=x", {}),
    "patch version": ("PATCH", "/models/iris/versions/v1?updateMask=x", {}),
    "delete version": ("DELETE", "/models/iris/versions/none", None),
    "delete model": ("DELETE", "/models/none", None),
    "cancel": ("POST", "/operations/none:cancel", {}),
    "config": ("GET", ":getConfig", None),
    "prove": ("POST", "/models/iris/versions/v1:prove", {}),
}
READING = {"predict", "predict version", "get model", "get version"}
EVERYTHING = CALLS.keys() - {"prove"}
MAY = {
    "": EVERYTHING,
    "deploy-version": EVERYTHING,
    "operator@dropserve.example": EVERYTHING,
    "predict": READING,
    "serving-control": READING | {"prove"},
    "retrain": set(),
    "serving-data": set(),
    "stranger@dropserve.example": set(),
    "predict@other.iam.gserviceaccount.com": set(),
}


@pytest.mark.parametrize("account", MAY)
def test_an_account_may_do_this_and_nothing_else(world: World, api: Api, account: str) -> None:
    api.create_version("v1", world.directory())
    caller = api.as_account(account) if account else api
    allowed = {name for name, call in CALLS.items() if caller.call(*call).status not in (401, 403)}
    assert allowed == MAY[account]


def test_a_version_that_is_not_ready_answers_servings_own_account_only(
    world: World, api: Api
) -> None:
    api.create_version("v1", world.handmade("models/iris/hand/", b"no model"))
    world.handmade("models/iris/hand/", dump(iris()))
    assert api.version("v1").json["state"] == "FAILED"
    assert api.as_account("serving-control").predict("v1").json == {"predictions": [1, 1]}
    for account in ("", "deploy-version", "predict"):
        answer = (api.as_account(account) if account else api).predict("v1")
        assert (answer.status, answer.json["error"]["status"]) == (400, "FAILED_PRECONDITION")


def test_a_token_that_proves_nobody_is_refused(api: Api) -> None:
    headers = {"authorization": "Bearer nobody"}
    for path in ("/v1/projects/p/models/iris", "/v1/projects/p/models/iris:predict"):
        method = "POST" if path.endswith("predict") else "GET"
        answer = api.client.send(method, path, None, headers)
        assert (answer.status, answer.json["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_a_refusal_leaves_the_registry_as_it_was(world: World, api: Api) -> None:
    before = world.store.names("state")
    stranger = api.as_account("stranger@dropserve.example")
    stranger.create_model("theirs")
    stranger.create_version("v1", world.directory())
    assert world.store.names("state") == before
