"""`projects.models.versions` over HTTP."""

from __future__ import annotations

import pickle

import pytest
from sklearn.svm import SVC

from shared.artifacts.writing import dump
from shared.core.default import Default
from shared.core.errors import PermissionDenied, StorageUnavailable
from tests.artifacts.malice import Call
from tests.serving.world import Api, World, iris


def default_of(world: World) -> Default:
    return Default.from_json(world.store.read("state", "defaults/iris.json")[0])


def test_a_version_is_ready_and_the_default_when_its_creation_answers(
    world: World, api: Api
) -> None:
    uri = world.directory()
    operation = api.create_version("v1", uri).json
    assert operation["done"] is True
    assert operation["metadata"]["operationType"] == "CREATE_VERSION"
    assert operation["response"]["state"] == "READY"
    assert operation["response"]["isDefault"] is True
    assert api.version("v1").json["deploymentUri"] == uri
    assert api.call("GET", "/models/iris").json["defaultVersion"]["name"].endswith("versions/v1")


def test_a_later_version_is_not_the_default(world: World, api: Api) -> None:
    api.create_version("v1", world.directory(1))
    operation = api.create_version("v2", world.directory(2)).json
    assert "isDefault" not in operation["response"]
    assert api.predict().headers["x-model-version"] == "v1"
    assert api.predict("v2").headers["x-model-version"] == "v2"


def test_the_first_default_knows_its_order_where_the_release_made_it(
    world: World, api: Api
) -> None:
    api.as_account("deploy-version").create_version("v1", world.directory(3))
    assert default_of(world).order == ("20261122T100003.500000", 1003, "data/iris/x.csv")
    assert default_of(world).pinned_by == ""


def test_the_first_default_has_no_order_where_a_person_made_it(world: World, api: Api) -> None:
    api.create_version("v1", world.directory(3))
    assert default_of(world).order is None
    assert default_of(world).pinned_by == ""


def test_a_person_who_sets_the_default_pins_it(world: World, api: Api) -> None:
    for second in (1, 2):
        api.create_version(f"v{second}", world.directory(second))
    answer = api.call("POST", "/models/iris/versions/v2:setDefault", {})
    assert (answer.status, answer.json["isDefault"]) == (200, True)
    found = default_of(world)
    assert (found.version, found.pinned_by, found.previous) == ("v2", "person", "v1")
    operator = api.as_account("operator@dropserve.example")
    operator.call("POST", "/models/iris/versions/v1:setDefault", {})
    assert default_of(world).pinned_by == "operator@dropserve.example"
    assert api.predict().headers["x-model-version"] == "v1"


@pytest.mark.parametrize("method", ["POST", "GET", "PATCH", "DELETE"])
def test_what_is_not_there_is_404(api: Api, method: str) -> None:
    verb = ":setDefault" if method == "POST" else ""
    query = "?updateMask=description" if method == "PATCH" else ""
    answer = api.call(method, f"/models/iris/versions/none{verb}{query}", {})
    assert (answer.status, answer.json["error"]["status"]) == (404, "NOT_FOUND")
    assert 'version resource: "none" of model "iris"' in answer.json["error"]["message"]


def test_a_version_needs_its_model(world: World, api: Api) -> None:
    body = {
        "name": "v1",
        "deploymentUri": "gs://m/d/",
        "runtimeVersion": "1.1",
        "pythonVersion": "3.7",
    }
    assert api.call("POST", "/models/none/versions", body).status == 404
    assert api.call("GET", "/models/none/versions").status == 404


def test_the_same_name_and_directory_again_is_already_there(world: World, api: Api) -> None:
    uri = world.directory()
    api.create_version("v1", uri)
    answer = api.create_version("v1", uri)
    message = "Field: version.name Error: A version with the same name already exists."
    assert (answer.status, answer.json["error"]["message"]) == (409, message)
    assert api.create_version("v1", world.directory(2)).status == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Bad-Name!"),
        ("deploymentUri", ""),
        ("deploymentUri", "http://x/y"),
        ("deploymentUri", "gs://"),
        ("runtimeVersion", None),
        ("runtimeVersion", "new"),
        ("pythonVersion", None),
        ("pythonVersion", 3.7),
        ("framework", "TENSORFLOW"),
        ("framework", "XGBOOST"),
        ("labels", "x"),
        ("autoScaling", 7),
        ("predictionClass", "m.P"),
        ("packageUris", ["gs://m/p.tgz"]),
        ("container", {"image": "x"}),
        ("colour", "red"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(
    world: World, api: Api, field: str, value: object
) -> None:
    answer = api.create_version("v1", world.directory(), **{field: value})
    assert (answer.status, answer.json["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert field in answer.json["error"]["message"]
    assert api.call("GET", "/models/iris/versions").json == {}


def test_a_version_that_cannot_load_fails_with_the_platforms_words(world: World, api: Api) -> None:
    operation = api.create_version("v1", world.handmade("models/iris/hand/", b"no model")).json
    start = 'Create Version failed. Bad model detected with error:  "Failed to load model: '
    assert operation["error"]["message"].startswith(start)
    assert operation["error"]["message"].endswith('(Error code: 0)"')
    assert "response" not in operation
    version = api.version("v1").json
    assert version["state"] == "FAILED"
    assert version["errorMessage"] == operation["error"]["message"]
    assert "defaultVersion" not in api.call("GET", "/models/iris").json
    assert api.predict("v1").json["error"]["status"] == "FAILED_PRECONDITION"
    assert api.call("POST", "/models/iris/versions/v1:setDefault", {}).status == 400
    assert api.call("DELETE", "/models/iris/versions/v1").status == 200


def test_a_failed_version_may_be_tried_again_from_the_same_directory(
    world: World, api: Api
) -> None:
    uri = world.handmade("models/iris/hand/", b"no model")
    api.create_version("v1", uri)
    world.handmade("models/iris/hand/", dump(iris()))
    assert api.create_version("v1", uri).json["response"]["state"] == "READY"


@pytest.mark.parametrize(
    "data",
    [
        dump({"a": "dict"}),
        dump(Call(print, "x")),
        pickle.dumps(iris()).replace(b"1.6.1", b"1.5.9"),
        b"",
    ],
    ids=["no estimator", "not allowed", "another scikit-learn", "empty"],
)
def test_what_must_not_be_served_fails(world: World, api: Api, data: bytes) -> None:
    api.create_version("v1", world.handmade("models/iris/hand/", data))
    assert api.version("v1").json["state"] == "FAILED"


def test_a_version_that_answers_its_golden_requests_differently_fails(
    world: World, api: Api
) -> None:
    operation = api.create_version("v1", world.directory(predictions=[1, 2])).json
    assert "golden requests are answered differently" in operation["error"]["message"]


def test_golden_requests_that_make_the_model_fail_fail_the_version(world: World, api: Api) -> None:
    narrow = SVC().fit([[0.0], [1.0]], [0, 1])
    operation = api.create_version("v1", world.directory(1, narrow, [1, 1])).json
    assert "golden requests fail" in operation["error"]["message"]


@pytest.mark.parametrize("file", ["model.joblib", "model.pkl"])
def test_a_handmade_model_is_served(world: World, api: Api, file: str) -> None:
    data = dump(iris()) if file == "model.joblib" else pickle.dumps(iris())
    api.create_version("v1", world.handmade("any/where/", data, file))
    assert api.predict("v1").json == {"predictions": [1, 1]}


def deny_staging(operation: str, bucket: str, name: str) -> None:
    if bucket == "staging":
        raise PermissionDenied("serving-data does not have storage.objects.get")


def test_files_that_the_service_may_not_read_fail_a_persons_version_at_once(
    world: World, api: Api
) -> None:
    world.store.on_call = deny_staging
    operation = api.create_version("v1", "gs://staging/x/").json
    assert "storage.objects.get" in operation["error"]["message"]
    assert api.version("v1").json["state"] == "FAILED"


def test_files_that_the_service_may_not_read_make_the_release_come_again(
    world: World, api: Api
) -> None:
    world.store.on_call = deny_staging
    releasing = api.as_account("deploy-version")
    assert releasing.create_version("v1", "gs://staging/x/").status == 503
    world.store.on_call = None
    world.store.put("staging", "x/model.joblib", dump(iris()))
    assert releasing.create_version("v1", "gs://staging/x/").json["response"]["state"] == "READY"


def test_a_store_that_does_not_answer_leaves_the_creation_to_the_next_call(
    world: World, api: Api
) -> None:
    uri = world.directory()

    def down(operation: str, bucket: str, name: str) -> None:
        if bucket == "models":
            raise StorageUnavailable("The store is down.")

    world.store.on_call = down
    assert api.create_version("v1", uri).status == 503
    assert api.version("v1").json["state"] == "CREATING"
    world.store.on_call = None
    assert api.create_version("v1", uri).json["response"]["state"] == "READY"


def test_versions_are_listed_with_the_default_among_them(world: World, api: Api) -> None:
    assert api.call("GET", "/models/iris/versions").json == {}
    for second in (2, 1, 3):
        api.create_version(f"v{second}", world.directory(second))
    first = api.call("GET", "/models/iris/versions?pageSize=2").json
    rest = api.call("GET", f"/models/iris/versions?pageToken={first['nextPageToken']}").json
    found = [*first["versions"], *rest["versions"]]
    assert [v["name"].rsplit("/", 1)[1] for v in found] == ["v1", "v2", "v3"]
    assert [v.get("isDefault") for v in found] == [None, True, None]
    assert "nextPageToken" not in rest


def test_one_models_versions_are_not_anothers(world: World, api: Api) -> None:
    api.create_model("iris2")
    api.create_version("v1", world.directory())
    assert api.call("GET", "/models/iris2/versions").json == {}
    assert api.call("DELETE", "/models/iris2").status == 200


def test_a_patch_changes_description_and_nodes(world: World, api: Api) -> None:
    api.create_version("v1", world.directory())
    mask = "updateMask=description,autoScaling.minNodes"
    body = {"description": "new", "autoScaling": {"minNodes": 2}}
    operation = api.call("PATCH", f"/models/iris/versions/v1?{mask}", body).json
    assert operation["metadata"]["operationType"] == "UPDATE_VERSION"
    assert operation["response"]["autoScaling"] == {"minNodes": 2}
    assert api.version("v1").json["description"] == "new"
    assert api.predict("v1").status == 200


def test_a_patch_cannot_move_a_version_to_another_directory(world: World, api: Api) -> None:
    api.create_version("v1", world.directory())
    body = {"deploymentUri": "gs://elsewhere/"}
    assert (
        api.call("PATCH", "/models/iris/versions/v1?updateMask=deploymentUri", body).status == 400
    )


def test_the_default_is_deleted_only_when_it_is_the_last(world: World, api: Api) -> None:
    for second in (1, 2):
        api.create_version(f"v{second}", world.directory(second))
    answer = api.call("DELETE", "/models/iris/versions/v1")
    assert (answer.status, answer.json["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert api.predict().status == 200
    assert api.call("DELETE", "/models/iris/versions/v2").json["done"] is True
    assert api.predict("v2").status == 404
    assert api.call("DELETE", "/models/iris/versions/v1").json["done"] is True
    assert api.predict().status == 400
    assert api.call("GET", "/models/iris/versions").json == {}
    assert api.call("DELETE", "/models/iris").status == 200


def test_a_deleted_name_may_be_used_again_for_another_directory(world: World, api: Api) -> None:
    features = [[float(a), 0.0, 0.0, 0.0] for a in range(4)]
    other = SVC().fit(features, ["x", "x", "y", "y"])
    api.create_version("v1", world.directory(1))
    assert api.predict().json == {"predictions": [1, 1]}
    api.call("DELETE", "/models/iris/versions/v1")
    api.create_version("v1", world.directory(2, other))
    assert set(api.predict().json["predictions"]) <= {"x", "y"}


def test_the_projects_quota_of_versions_holds(world: World) -> None:
    with world.serving(MAX_VERSIONS="2") as api:
        api.create_model()
        statuses = [
            api.create_version(f"v{second}", world.directory(second)).status for second in (1, 2, 3)
        ]
        assert statuses == [200, 200, 429]


def test_the_first_default_appears_even_where_a_crash_came_before_it(
    world: World, api: Api
) -> None:
    api.create_version("v1", world.directory())
    meta = world.store.stat("state", "defaults/iris.json")
    world.store.delete("state", "defaults/iris.json", if_generation_match=meta.generation)
    assert api.call("GET", "/models/iris").json["defaultVersion"]["name"].endswith("/v1")
    assert default_of(world).version == "v1"


def test_a_default_whose_version_is_gone_gives_way_to_the_next_version(
    world: World, api: Api
) -> None:
    api.create_version("v1", world.directory(1))
    name = "serving/versions/iris/v1.json"
    meta = world.store.stat("state", name)
    world.store.delete("state", name, if_generation_match=meta.generation)
    api.create_version("v2", world.directory(2))
    assert default_of(world).version == "v2"
