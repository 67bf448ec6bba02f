"""The layer that holds our requests to Google's documents must itself be able to refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contracts.discovery import Discovery, Request

VERSIONS = "/v1/projects/p/models/iris/versions"
VERSION = {"name": "v1", "deploymentUri": "gs://b/d/", "runtimeVersion": "2", "pythonVersion": "3"}


@pytest.fixture(scope="module")
def ml() -> Discovery:
    return Discovery("ml", "v1")


@pytest.fixture(scope="module")
def gcs() -> Discovery:
    return Discovery("storage", "v1")


def post(target: str, body: Any) -> Request:
    return Request("POST", target, json.dumps(body).encode(), "application/json")


def test_a_right_version_passes(ml: Discovery) -> None:
    assert ml.faults(post(f"{VERSIONS}?alt=json", VERSION)) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"deployment_uri": "gs://b/d/"}, "unknown field deployment_uri"),
        ({"framework": "PYTORCH"}, "'PYTORCH' is none of"),
        ({"state": "READY"}, "state is read-only"),
        ({"lastMigrationModelId": "x"}, "lastMigrationModelId is read-only"),
        ({"deploymentUri": 5}, "body.deploymentUri: 5 is no string"),
        ({"etag": "%%"}, "body.etag: '%%' is no string byte"),
        ({"labels": {"a": 1}}, "body.labels.a: 1 is no string"),
        ({"packageUris": ["gs://a", 7]}, "body.packageUris[1]: 7 is no string"),
        ({"autoScaling": {"minNodes": "1"}}, "body.autoScaling.minNodes: '1' is no integer"),
        ({"manualScaling": {"nodes": 2**31}}, "body.manualScaling.nodes"),
        ({"routes": {"predikt": "/"}}, "body.routes: unknown field predikt"),
    ],
)
def test_a_wrong_field_of_a_version_is_found(
    ml: Discovery, change: dict[str, Any], fault: str
) -> None:
    [found] = ml.faults(post(VERSIONS, {**VERSION, **change}))
    assert fault in found


@pytest.mark.parametrize("name", ["name", "runtimeVersion", "pythonVersion"])
def test_a_field_that_google_requires_may_not_be_left_out(ml: Discovery, name: str) -> None:
    body = {key: value for key, value in VERSION.items() if key != name}
    assert f"body: {name} is required" in ml.faults(post(VERSIONS, body))[0]


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/v2/projects/p/models"),
        Request("PUT", VERSIONS),
        Request("GET", "/v1/projects/p/model/iris"),
        post(f"{VERSIONS}/v1:setdefault", {}),
        Request("GET", "/v1/projects/p/models/a/b"),
    ],
)
def test_a_path_that_google_does_not_have_is_found(ml: Discovery, request_: Request) -> None:
    assert "no method of ml:v1 has this path" in ml.faults(request_)[0]


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        (f"{VERSIONS}?page_size=5", "unknown query parameter page_size"),
        (f"{VERSIONS}?pageSize=many", "pageSize: 'many' is no integer int32"),
        (f"{VERSIONS}?alt=xml", "alt: 'xml' is none of"),
    ],
)
def test_a_wrong_query_parameter_is_found(ml: Discovery, target: str, fault: str) -> None:
    assert fault in ml.faults(Request("GET", target))[0]


def test_a_body_where_none_belongs_is_found(ml: Discovery) -> None:
    request = Request("GET", VERSIONS, b"{}", "application/json")
    assert "takes no body" in ml.faults(request)[0]


def test_a_predict_request_must_hold_a_list_of_instances(ml: Discovery) -> None:
    target = "/v1/projects/p/models/iris/versions/v1:predict"
    assert ml.faults(post(target, {"instances": [[1]]})) == []
    assert "no list of instances" in ml.faults(post(target, {"instance": [[1]]}))[0]


def multipart(about: Any) -> Request:
    body = (
        f"--x\r\ncontent-type: application/json\r\n\r\n{json.dumps(about)}\r\n"
        "--x\r\ncontent-type: text/csv\r\n\r\na,b\r\n--x--"
    )
    target = "/upload/storage/v1/b/bkt/o?uploadType=multipart&ifGenerationMatch=0"
    return Request("POST", target, body.encode(), "multipart/related; boundary=x")


def test_the_metadata_part_of_an_upload_is_held_to_the_object_schema(gcs: Discovery) -> None:
    assert gcs.faults(multipart({"name": "a", "metadata": {"k": "v"}})) == []
    assert "unknown field meta" in gcs.faults(multipart({"name": "a", "meta": {}}))[0]
    assert "metadata.k: 1 is no string" in gcs.faults(multipart({"metadata": {"k": 1}}))[0]


def test_storage_preconditions_must_be_spelled_and_typed_as_google_does(gcs: Discovery) -> None:
    path = "/storage/v1/b/bkt/o/a%2Fb"
    assert gcs.faults(Request("DELETE", f"{path}?ifGenerationMatch=5")) == []
    [misspelled] = gcs.faults(Request("DELETE", f"{path}?ifGenerationMatches=5"))
    [untyped] = gcs.faults(Request("DELETE", f"{path}?ifGenerationMatch=new"))
    assert "unknown query parameter ifGenerationMatches" in misspelled
    assert "'new' is no string int64" in untyped


def test_an_object_name_with_a_bare_slash_is_no_path_of_the_store(gcs: Discovery) -> None:
    assert "no method" in gcs.faults(Request("DELETE", "/storage/v1/b/bkt/o/a/b"))[0]
