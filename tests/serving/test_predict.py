"""`:predict` over HTTP: what AI Platform's scikit-learn server answered, and by which version."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

from serving.data import DataPlane
from shared.artifacts.writing import dump
from shared.core.errors import StorageUnavailable
from tests.serving.world import FLOWERS, Api, World


@pytest.fixture
def live(world: World, api: Api) -> Api:
    """With version v1 of the seed's model."""
    api.create_version("v1", world.directory())
    return api


def serve(world: World, api: Api, estimator: Any) -> None:
    data = dump(estimator)
    done = api.create_version("v1", world.handmade("models/iris/hand/", data)).json
    assert "error" not in done, done


def error_of(answer: Any) -> str:
    assert answer.status == 400
    assert list(answer.json) == ["error"]
    return str(answer.json["error"])


def test_the_seeds_instances_get_the_seeds_answer(live: Api) -> None:
    for version in ("", "v1"):
        answer = live.predict(version)
        assert answer.status == 200
        assert answer.body == b'{"predictions":[1,1]}'
        assert answer.headers["x-model-version"] == "v1"
        assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        ([[1, 2]], "X has 2 features, but SVC is expecting 4 features as input."),
        (["5.1,3.5,1.4,0.2"], "could not convert string to float"),
        ([], "Expected 2D array, got 1D array instead"),
        ([1, 2, 3, 4], "Expected 2D array, got 1D array instead"),
        ({"a": 1}, ""),
        (None, ""),
        (7, ""),
        ([[1, 2, 3, None]], "Input X contains NaN"),
        ([[1, 2, 3, 4], [1, 2]], ""),
        ([[1, 2, 3, {}]], ""),
    ],
)
def test_instances_that_the_model_cannot_take_are_told_in_its_servers_words(
    live: Api, instances: Any, message: str
) -> None:
    answer = live.call("POST", "/models/iris:predict", {"instances": instances})
    text = error_of(answer)
    assert text.startswith("Prediction failed: Exception during sklearn prediction: ")
    assert text.endswith(" (Error code: 2)")
    assert message in text
    assert answer.headers["x-model-version"] == "v1"


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"7", b'"instances"', b"null", b'{"Instances": [[1, 2, 3, 4]]}']
)
def test_a_request_without_instances_is_told_so(live: Api, body: bytes) -> None:
    answer = live.call("POST", "/models/iris:predict", body)
    start = "Required field 'instances' missing in prediction server request: "
    assert error_of(answer) == start + body.decode()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"instances": [[NaN]]}', b"[" * 100_000]
)
def test_a_body_that_is_no_json_is_a_callers_mistake(live: Api, body: bytes) -> None:
    assert error_of(live.call("POST", "/models/iris:predict", body)).startswith("Invalid JSON")


def test_a_body_above_the_limit_is_refused_before_it_is_parsed(world: World) -> None:
    with world.serving(MAX_PREDICT_BYTES="1000") as api:
        api.create_model()
        api.create_version("v1", world.directory())
        answer = api.call("POST", "/models/iris:predict", b" " * 1001)
        assert answer.status == 400
        limit = "Request payload size exceeds the limit: 1000 bytes."
        assert answer.json["error"]["message"] == limit
        assert api.predict().status == 200


def test_further_keys_become_arguments_of_predict(world: World, api: Api) -> None:
    serve(world, api, GaussianProcessRegressor().fit([[0.0], [1.0]], [0.0, 1.0]))
    body = {"instances": [[0.0]], "signature_name": "x"}
    assert api.call("POST", "/models/iris:predict", body).status == 200
    body = {"instances": [[0.0]], "return_std": True}
    text = error_of(api.call("POST", "/models/iris:predict", body))
    assert "Bad output type returned" in text
    body = {"instances": [[0.0]], "colour": "red"}
    text = error_of(api.call("POST", "/models/iris:predict", body))
    assert "unexpected keyword argument 'colour'" in text


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_json_has_not_become_null(world: World, api: Api, value: float) -> None:
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    model.intercept_ = value
    serve(world, api, model)
    answer = api.call("POST", "/models/iris:predict", {"instances": [[1.0], [0.0]]})
    assert json.loads(answer.body) == {"predictions": [None, None]}


def test_an_estimator_that_cannot_predict_is_no_version(world: World, api: Api) -> None:
    scaler = StandardScaler().fit([[0.0], [1.0]])
    done = api.create_version("v1", world.handmade("models/iris/hand/", dump(scaler))).json
    assert "Invalid model type detected" in done["error"]["message"]


def test_many_instances_are_answered_in_their_order(live: Api) -> None:
    instances = FLOWERS * 2000 + [[5.1, 3.5, 1.4, 0.2]]
    assert live.predict("", instances).json["predictions"] == [1] * 4000 + [0]


@pytest.mark.parametrize(
    "path",
    [
        "/models/none:predict",
        "/models/iris/versions/none:predict",
        "/models/none/versions/v1:predict",
        "/models/a%2fb:predict",
        "/models/iris/versions/..:predict",
        "/models/%00:predict",
    ],
)
def test_what_is_not_there_is_a_callers_mistake(live: Api, path: str) -> None:
    answer = live.call("POST", path, {"instances": FLOWERS})
    assert answer.status in (400, 404)
    assert answer.json["error"]["code"] == answer.status


def test_endless_paths_are_not_remembered() -> None:
    """They come before anybody knows who sends them."""
    nothing: Any = None
    plane = DataPlane("p", nothing, nothing, nothing, nothing, 1, nothing)
    for path in (
        "/v1/projects/p/models/iris:predict",
        f"/v1/projects/p/models/{'a' * 600}:predict",
    ):
        assert plane.takes({"method": "POST", "path": path})
    assert list(plane._targets) == ["/v1/projects/p/models/iris:predict"]


def test_another_project_is_refused(live: Api) -> None:
    answer = live.client.send("POST", "/v1/projects/q/models/iris:predict", {"instances": []})
    assert (answer.status, answer.json["error"]["status"]) == (403, "PERMISSION_DENIED")


def test_a_model_is_read_once_however_often_it_is_asked(world: World, live: Api) -> None:
    live.predict()
    world.store.calls.clear()
    for _ in range(20):
        live.predict("v1")
    assert [call for call in world.store.calls if call[1] == "models"] == []


def test_a_bad_instance_does_not_hurt_the_next_request(live: Api) -> None:
    for _ in range(3):
        assert live.predict("", [[1]]).status == 400
        assert live.predict().status == 200


def test_while_the_registry_does_not_answer_nothing_old_is_passed_off_as_fresh(
    world: World,
) -> None:
    with world.serving(MAX_AGE_SECONDS="0") as api:
        api.create_model()
        api.create_version("v1", world.directory())

        def down(operation: str, bucket: str, name: str) -> None:
            raise StorageUnavailable("The store is down.")

        world.store.on_call = down
        assert api.predict().status == 503
        world.store.on_call = None
        assert api.predict().status == 200


def test_a_model_file_that_was_swapped_is_never_served(world: World) -> None:
    with world.serving() as api:
        api.create_model()
        uri = world.handmade("models/iris/hand/", dump(DummyRegressor().fit([[0.0]], [1.0])))
        api.create_version("v1", uri)
    world.handmade("models/iris/hand/", dump(DummyRegressor().fit([[0.0]], [666.0])))
    with world.serving() as api:
        answer = api.predict("v1", [[0.0]])
        assert answer.status == 500
        assert "was overwritten" in answer.json["error"]["message"]
