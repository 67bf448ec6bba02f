"""`projects.models` over HTTP."""

from __future__ import annotations

import base64

import pytest

from tests.serving.world import Api, World


def test_a_created_model_comes_back_by_its_full_name(api: Api) -> None:
    answer = api.call(
        "POST", "/models", {"name": "wine", "description": "red", "labels": {"a": "b"}}
    )
    assert answer.status == 200
    assert answer.json["name"] == "projects/p/models/wine"
    assert answer.json["regions"] == ["us-central1"]
    got = api.call("GET", "/models/wine").json
    assert (got["description"], got["labels"]) == ("red", {"a": "b"})
    assert "defaultVersion" not in got
    base64.b64decode(got["etag"], validate=True)


def test_a_name_that_is_taken_is_refused_in_googles_words(api: Api) -> None:
    answer = api.create_model("iris")
    violation = {
        "field": "model.name",
        "description": "A model with the same name already exists.",
    }
    assert answer.status == 409
    assert answer.json == {
        "error": {
            "code": 409,
            "message": "Field: model.name Error: A model with the same name already exists.",
            "status": "ALREADY_EXISTS",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [violation],
                }
            ],
        }
    }


@pytest.mark.parametrize(
    "name", ["", "1a", "_a", "Bad-Name!", "a b", "é", "a" * 129, 7, None, "a\n"]
)
def test_a_name_that_is_none_is_refused(api: Api, name: object) -> None:
    answer = api.call("POST", "/models", {"name": name})
    assert (answer.status, answer.json["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("name", ["A", "Iris_2", "a" * 128])
def test_a_name_by_the_platforms_rule_is_taken(api: Api, name: str) -> None:
    assert api.create_model(name).status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"name": "m", "colour": "red"},
        {"name": "m", "description": 7},
        {"name": "m", "labels": {"A": "b"}},
        {"name": "m", "labels": ["a"]},
        {"name": "m", "regions": []},
        {"name": "m", "regions": ["a", "b"]},
        {"name": "m", "regions": "us"},
        {"name": "m", "onlinePredictionLogging": "yes"},
    ],
)
def test_a_field_that_is_none_or_wrong_is_refused(api: Api, body: dict[str, object]) -> None:
    assert api.call("POST", "/models", body).status == 400
    assert api.call("GET", "/models/m").status == 404


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"\xff", b'{"name": NaN}'])
def test_a_body_that_is_no_object_is_a_callers_mistake(api: Api, body: bytes) -> None:
    assert api.call("POST", "/models", body).status == 400


def test_what_gcloud_sends_is_taken(api: Api) -> None:
    body = {
        "name": "m",
        "onlinePredictionConsoleLogging": False,
        "onlinePredictionLogging": False,
        "regions": ["us-central1"],
    }
    assert api.call("POST", "/models?alt=json", body).status == 200


def test_no_models_are_an_empty_object(world: World) -> None:
    with world.serving() as api:
        assert api.call("GET", "/models").json == {}
        assert api.call("GET", "/operations").json == {}


def test_a_listing_comes_in_pages_by_name(api: Api) -> None:
    for name in "edcba":
        api.create_model(name)
    found, token = [], ""
    for _ in range(3):
        page = api.call("GET", f"/models?alt=json&pageSize=2&pageToken={token}").json
        found += [model["name"].rsplit("/", 1)[1] for model in page["models"]]
        token = page.get("nextPageToken", "")
    assert found == ["a", "b", "c", "d", "e", "iris"]
    assert token == ""


@pytest.mark.parametrize(
    "query", ["pageSize=-1", "pageSize=x", "pageToken=%21", "pageToken=a", "pageToken=%FF"]
)
def test_a_page_that_is_none_is_a_callers_mistake(api: Api, query: str) -> None:
    assert api.call("GET", f"/models?{query}").status == 400


def test_an_unknown_query_is_ignored(api: Api) -> None:
    assert api.call("GET", "/models/iris?alt=json&prettyPrint=false&$.xgafv=2").status == 200


def test_a_patch_changes_what_its_mask_names_and_nothing_else(api: Api) -> None:
    api.call("POST", "/models", {"name": "m", "description": "old", "labels": {"a": "b"}})
    body = {"description": "new", "labels": {"c": "d"}}
    operation = api.call("PATCH", "/models/m?updateMask=description", body).json
    assert (operation["done"], operation["metadata"]["operationType"]) == (True, "UPDATE_MODEL")
    assert operation["response"]["description"] == "new"
    got = api.call("GET", "/models/m").json
    assert (got["description"], got["labels"]) == ("new", {"a": "b"})
    api.call("PATCH", "/models/m?updateMask=labels", {})
    assert "labels" not in api.call("GET", "/models/m").json


@pytest.mark.parametrize("mask", ["", "name", "regions", "description,colour"])
def test_a_mask_that_names_what_cannot_change_is_refused(api: Api, mask: str) -> None:
    answer = api.call("PATCH", f"/models/iris?updateMask={mask}", {"description": "x"})
    assert answer.status == 400
    assert "description" not in api.call("GET", "/models/iris").json


def test_a_patch_with_an_older_etag_is_refused(api: Api) -> None:
    etag = api.call("GET", "/models/iris").json["etag"]
    body = {"description": "mine", "etag": etag}
    assert api.call("PATCH", "/models/iris?updateMask=description", body).status == 200
    answer = api.call("PATCH", "/models/iris?updateMask=description", body)
    assert (answer.status, answer.json["error"]["status"]) == (409, "ABORTED")


def test_a_patch_moves_the_default(world: World, api: Api) -> None:
    for second in (1, 2):
        api.create_version(f"v{second}", world.directory(second))
    body = {"defaultVersion": {"name": "projects/p/models/iris/versions/v2"}}
    answer = api.call("PATCH", "/models/iris?updateMask=defaultVersion.name", body)
    assert answer.json["response"]["defaultVersion"]["name"].endswith("/v2")
    assert api.predict().headers["x-model-version"] == "v2"


@pytest.mark.parametrize("name", [None, "", 7, "nope"])
def test_a_patch_to_a_default_that_is_none_is_refused(api: Api, name: object) -> None:
    body = {"defaultVersion": {"name": name}}
    assert api.call("PATCH", "/models/iris?updateMask=default_version.name", body).status in (
        400,
        404,
    )


def test_a_model_without_versions_is_deleted(api: Api) -> None:
    operation = api.call("DELETE", "/models/iris").json
    assert operation["done"] is True
    assert operation["response"] == {"@type": "type.googleapis.com/google.protobuf.Empty"}
    assert api.call("GET", "/models/iris").status == 404
    assert api.call("DELETE", "/models/iris").status == 404


def test_a_model_with_versions_stays(world: World, api: Api) -> None:
    api.create_version("v1", world.directory())
    answer = api.call("DELETE", "/models/iris")
    assert (answer.status, answer.json["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert api.predict().status == 200
    assert api.create_version("v2", world.directory(2)).status == 200


def test_a_model_that_a_crash_left_half_deleted_lives_on(world: World) -> None:
    with world.serving(LEASE_SECONDS="0.001") as api:
        api.create_model()

        def crash(operation: str, bucket: str, name: str) -> None:
            if operation == "list":
                raise RuntimeError("the process dies here")

        world.store.on_call = crash
        assert api.call("DELETE", "/models/iris").status == 500
        world.store.on_call = None
        assert api.create_version("v1", world.directory()).status == 200
        assert api.predict().status == 200


def test_the_projects_quota_of_models_holds(world: World) -> None:
    with world.serving(MAX_MODELS="2") as api:
        assert [api.create_model(name).status for name in ("a", "b", "c")] == [200, 200, 429]
        assert api.create_model("a").status == 409
        api.call("DELETE", "/models/a")
        assert api.create_model("c").status == 200
