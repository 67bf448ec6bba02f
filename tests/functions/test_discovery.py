"""What predict tells of itself: models, versions, OpenAPI, Postman; and that it is true."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from shared import wiring
from shared.core import artifact
from shared.core.card import sha256
from shared.core.default import Default
from shared.core.schema import Feature, Schema
from shared.gcp.id_token import IdTokenAuthenticator
from shared.web.route import ROUTES
from tests.asgi import Reply
from tests.functions.test_predict import GOOD, World, address, problem, server, world
from tests.tokens import CALLER, token

__all__ = ["address", "server", "world"]

MODELS = "/v1/projects/p/models"
SHELL = ("front", "file")
"""Routes of the page for people, which is no part of the API."""
MIXED = Schema(
    (
        Feature("size", "numeric", 0.0, 10.0),
        Feature("colour", "categorical", categories=("red", "blue"), nullable=True),
        Feature("paid", "boolean"),
        Feature("on", "date"),
    ),
    "y",
    ("no", "yes"),
)


def get(world: World, path: str, **headers: str) -> Reply:
    sent = {"Authorization": f"Bearer {token()}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return world.client.send("GET", path, headers={k: v for k, v in sent.items() if v})


def test_models_are_listed_with_their_live_version(world: World) -> None:
    world.release(1)
    live = world.release(2)
    body = get(world, MODELS).json
    (model,) = body["models"]
    assert model["name"] == "projects/p/models/iris"
    version = model["defaultVersion"]
    assert version["name"] == f"projects/p/models/iris/versions/{live}"
    assert version["isDefault"] is True
    assert version["schema"]["features"][0]["name"] == "sepal_length"
    assert get(world, f"{MODELS}/iris").json == model
    assert world.predict({"instances": version["examples"]}).status == 200


def test_nothing_is_listed_where_there_is_nothing(world: World) -> None:
    assert get(world, MODELS).json == {}
    assert problem(get(world, f"{MODELS}/iris"))["status"] == 404
    assert problem(get(world, f"{MODELS}/iris/versions"))["status"] == 404


def test_versions_come_newest_first_page_by_page(world: World) -> None:
    names = [world.release(number) for number in (1, 2, 3)]
    body = get(world, f"{MODELS}/iris/versions").json
    assert "nextPageToken" not in body
    told = [(one["name"].rpartition("/")[2], one["isDefault"]) for one in body["versions"]]
    assert told == [(names[2], True), (names[1], False), (names[0], False)]
    first = get(world, f"{MODELS}/iris/versions?pageSize=2").json
    assert first["versions"] == body["versions"][:2]
    rest = get(world, f"{MODELS}/iris/versions?pageSize=2&pageToken={first['nextPageToken']}").json
    assert rest == {"versions": body["versions"][2:]}


def test_a_version_that_the_platform_does_not_have_is_not_listed(world: World) -> None:
    first, second = world.release(1), world.release(2)
    world.platform.set_default("iris", second)
    world.platform.delete_version("iris", first)
    listed = get(world, f"{MODELS}/iris/versions").json["versions"]
    assert [one["name"].rpartition("/")[2] for one in listed] == [second]
    assert get(world, f"{MODELS}/iris/versions/{second}").json == listed[0]
    assert problem(get(world, f"{MODELS}/iris/versions/{first}"))["status"] == 404


def test_a_version_without_a_card_is_listed_by_its_name(world: World) -> None:
    version = world.release(1, None)
    assert get(world, f"{MODELS}/iris").json["defaultVersion"] == {
        "name": f"projects/p/models/iris/versions/{version}",
        "isDefault": True,
        "framework": "SCIKIT_LEARN",
    }


def test_a_caller_sees_the_models_that_it_may_ask(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.release(1)
    made = replace(wiring.settings(), caller_models=(f"{CALLER}=rose",))
    authenticator = IdTokenAuthenticator(made)
    monkeypatch.setattr(wiring, "authenticator", lambda: authenticator)
    assert get(world, MODELS).json == {}
    assert get(world, "/postman.json").json["item"][2:] == []
    for path in ("", "/versions", "/openapi.json", "/versions/v1"):
        assert problem(get(world, f"{MODELS}/iris{path}"))["status"] == 403


@pytest.mark.parametrize(
    "query", ["pageSize=x", "pageSize=-1", "pageToken=a/b", "pageToken=%00", "pageSize=%D9%A3"]
)
def test_a_page_that_is_none_is_refused(world: World, query: str) -> None:
    world.release(1)
    assert problem(get(world, f"{MODELS}?{query}"))["type"].endswith(":invalid_parameter")


@pytest.mark.parametrize(
    "path",
    [MODELS, f"{MODELS}/iris", f"{MODELS}/iris/versions", f"{MODELS}/iris/openapi.json",
     "/postman.json"],
)  # fmt: skip
def test_whoever_asks_must_be_known(world: World, path: str) -> None:
    world.release(1)
    assert problem(get(world, path, Authorization=""))["status"] == 401


@pytest.mark.parametrize("path", ["/openapi.json", f"{MODELS}/iris/openapi.json", MODELS])
def test_a_document_that_is_known_is_not_sent_again(world: World, path: str) -> None:
    world.release(1)
    first = get(world, path)
    again = get(world, path, If_None_Match=f'"other", W/{first.headers["etag"]}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-length" not in again.headers  # it would be that of the document
    changed = world.release(2, MIXED)
    assert changed
    fresh = get(world, path, If_None_Match=first.headers["etag"])
    assert fresh.status in ((304,) if path == "/openapi.json" else (200, 304))


def validator(document: dict[str, Any], name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def test_every_route_is_described_and_every_description_has_a_route(world: World) -> None:
    document = get(world, "/openapi.json", Authorization="").json
    assert document["openapi"] == "3.1.0"
    described = {
        (path, method.upper()) for path, methods in document["paths"].items() for method in methods
    }
    routes = {(route.path, route.methods[0]) for route in ROUTES if route.name not in SHELL}
    assert described == routes


@pytest.mark.parametrize("schema", [MIXED, Schema((Feature("a"),), "y", None), None])
def test_the_schemas_are_schemas_and_hold_for_what_is_answered(
    world: World, schema: Schema | None
) -> None:
    world.release(1, schema)
    general = get(world, "/openapi.json").json
    own = get(world, f"{MODELS}/iris/openapi.json").json
    for document in (general, own):
        for one in document["components"]["schemas"].values():
            Draft202012Validator.check_schema(one)
    for path, name in ((MODELS, "ModelList"), (f"{MODELS}/iris/versions", "VersionList")):
        validator(general, name).validate(get(world, path).json)
    version = get(world, f"{MODELS}/iris").json["defaultVersion"]
    instances = version.get("examples", [[1, 2]])
    body = {"instances": instances}
    validator(own, "PredictRequest").validate(body)
    answer = world.predict(body).json
    if schema is None or schema.classes is None:
        validator(own, "Answer").validate(answer)
    validator(general, "Answer").validate(answer)
    refused = world.predict({"instances": [["x", {}]], "x": 1}, X_Request_Id="a")
    if schema is not None:
        validator(own, "Problem").validate(refused.json)


ROW = {"size": 1, "colour": None, "paid": 0, "on": "2026-11-22"}


@pytest.mark.parametrize(
    "instance",
    [
        ROW,
        list(ROW.values()),
        {**ROW, "size": "1"},
        {**ROW, "paid": 2},
        {**ROW, "paid": None},
        {**ROW, "colour": 7},
        {**ROW, "more": 1},
        {name: value for name, value in ROW.items() if name != "on"},
        [1, None, True],
        [1, "red", True, "2026-11-22", 5],
        {**ROW, "on": 20261122},
        "x",
    ],
    ids=str,
)
def test_a_models_schema_takes_what_the_model_takes(world: World, instance: Any) -> None:
    world.release(1, MIXED)
    own = get(world, f"{MODELS}/iris/openapi.json").json
    valid = validator(own, "PredictRequest").is_valid({"instances": [instance]})
    assert (world.predict({"instances": [instance]}).status == 200) is valid


def test_an_answer_is_told_apart_by_its_kind(world: World) -> None:
    world.release(1)
    own = get(world, f"{MODELS}/iris/openapi.json").json["components"]["schemas"]
    assert own["Answer"]["discriminator"]["mapping"] == {
        "label": "#/components/schemas/LabelAnswer",
        "probabilities": "#/components/schemas/ProbabilitiesAnswer",
    }
    classes = own["LabelAnswer"]["properties"]["predictions"]["items"]["enum"]
    assert classes == ["setosa", "versicolor", "virginica"]


def test_every_request_of_the_postman_collection_can_be_sent(world: World) -> None:
    world.release(1, MIXED)
    collection = get(world, "/postman.json").json
    base = next(v["value"] for v in collection["variable"] if v["key"] == "baseUrl")
    assert base == f"http://127.0.0.1:{world.client.port}"
    items = [one for item in collection["item"] for one in item.get("item", [item])]
    assert len(items) == 8
    for item in items:
        asked = item["request"]
        path = asked["url"]["raw"].removeprefix("{{baseUrl}}")
        body = asked["body"]["raw"].encode() if "body" in asked else None
        headers = {"Authorization": f"Bearer {token()}"}
        headers |= {one["key"]: one["value"] for one in asked.get("header", [])}
        reply = world.client.send(asked["method"], path, body, headers)
        assert reply.status == 200, (item["name"], reply.body)


def test_a_category_is_no_variable_of_the_collection(world: World) -> None:
    """Postman fills in variables wherever it finds them: here, the caller's own token."""
    hostile = ("{{token}}", "{{{baseUrl}}", "{{vault:x}}")
    features = tuple(Feature(f"{{{{{n}}}}}", "categorical", categories=(n,)) for n in hostile)
    world.release(1, Schema(features, "y", ("no", "yes")))
    collection = get(world, "/postman.json").json
    bodies = [
        one["request"]["body"]["raw"]
        for item in collection["item"]
        for one in item.get("item", ())
        if "body" in one["request"]
    ]
    assert not [body for body in bodies if "{{" in body]
    assert set(hostile) == {*json.loads(bodies[0])["instances"][0].values()}


def test_a_host_that_is_none_does_not_get_into_the_collection(world: World) -> None:
    collection = get(world, "/postman.json", Host='x"><script>').json
    assert "script" not in json.dumps(collection)


def test_a_name_that_holds_no_model_is_not_listed(world: World) -> None:
    world.release(1)
    world.store.put("state", "defaults/a b.json", b"{}")
    world.store.put("state", "defaults/gone.json", b"")
    world.store.delete(
        "state", "defaults/gone.json", if_generation_match=world.store.live(
            "state", "defaults/gone.json"
        )[1].generation,
    )  # fmt: skip
    assert len(get(world, MODELS).json["models"]) == 1
    assert world.predict(GOOD).status == 200


@pytest.mark.parametrize("card", [b"[" * 100_000, b'{"format": 1}', b'{"format": 9}'])
def test_a_card_that_is_none_hides_no_other_model(world: World, card: bytes) -> None:
    world.release(1)
    folder, name = "models/rose/model_x/", artifact.card_name(sha256(card))
    named = {artifact.CARD_METADATA: name, artifact.CARD_SHA256_METADATA: sha256(card)}
    world.store.put("models", folder + name, card)
    world.store.put("models", folder + artifact.MODEL_FILE, b"model", **named)
    rose = Default("rose", "v1", f"gs://models/{folder}")
    world.store.put("state", artifact.default_name("rose"), rose.to_json())
    listed = get(world, MODELS)
    assert listed.status == 200
    assert [one["name"] for one in listed.json["models"]] == [
        "projects/p/models/iris",
        "projects/p/models/rose",
    ]
    assert get(world, "/postman.json").status == 200
