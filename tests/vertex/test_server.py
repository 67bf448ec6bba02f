"""The Vertex AI on loopback must itself refuse what the real one is documented to refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.vertex.refusal import Refusal
from tests.fakes.vertex.server import VertexServer

PARENT = "projects/591020730428/locations/us-central1"
MACHINES = {"machineSpec": {}, "minReplicaCount": 1}


def model(**changes: Any) -> dict[str, Any]:
    return {
        "displayName": "iris",
        "artifactUri": "gs://b/one/",
        "containerSpec": {"imageUri": "image"},
        **changes,
    }


@pytest.fixture
def server() -> VertexServer:
    """Two versions of iris, the first of them deployed at endpoint e."""
    made = VertexServer(lambda uri, rows: [len(uri)] * len(rows))
    made.models.upload({"model": model(), "modelId": "iris"})
    made.finish()
    made.models.upload({"model": model(), "parentModel": f"{PARENT}/models/iris"})
    made.endpoints.create("e", {"displayName": "e"})
    made.finish()
    made.endpoints.deploy("e", deployment("iris@1"))
    made.finish()
    return made


def deployment(name: str, **changes: Any) -> dict[str, Any]:
    deployed = {"id": "1", "model": f"{PARENT}/models/{name}", "dedicatedResources": MACHINES}
    return {"deployedModel": {**deployed, **changes}, "trafficSplit": {"0": 100}}


def refused(call: Any, *given: Any) -> str:
    with pytest.raises(Refusal) as found:
        call(*given)
    return found.value.status


def test_exactly_one_version_has_the_default_alias(server: VertexServer) -> None:
    def default() -> list[str]:
        versions = server.models.every_version("iris", "")
        return [one["versionId"] for one in versions if "default" in one["versionAliases"]]

    assert default() == ["1"]
    server.models.merge_aliases("iris@2", ["default"])
    assert default() == ["2"]
    assert refused(server.models.merge_aliases, "iris@2", ["-default"]) == "INVALID_ARGUMENT"
    assert refused(server.models.merge_aliases, "iris", ["x1"]) == "INVALID_ARGUMENT"


@pytest.mark.parametrize("split", [{"1": 99}, {"1": 60, "2": 40}, {"7": 100}])
def test_a_split_sums_to_a_hundred_over_what_is_there(
    server: VertexServer, split: dict[str, int]
) -> None:
    body = {"trafficSplit": split}
    assert refused(server.endpoints.patch, "e", "trafficSplit", body) == "INVALID_ARGUMENT"


def test_what_has_traffic_is_not_undeployed(server: VertexServer) -> None:
    wanted = {"deployedModelId": "1"}
    assert refused(server.endpoints.undeploy, "e", wanted) == "FAILED_PRECONDITION"
    server.endpoints.patch("e", "trafficSplit", {"trafficSplit": {}})
    server.endpoints.undeploy("e", wanted)
    server.finish()
    assert "deployedModels" not in server.endpoints.get("e")


def test_an_upload_is_not_idempotent_but_for_the_first_of_a_chosen_id(server: VertexServer) -> None:
    parent = {"parentModel": f"{PARENT}/models/iris"}
    server.models.upload({"model": model(), **parent})
    server.models.upload({"model": model(), **parent})
    server.finish()
    assert len(server.models.every_version("iris", "")) == 4
    again = {"model": model(), "modelId": "iris"}
    assert refused(server.models.upload, again) == "ALREADY_EXISTS"
    elsewhere = {"model": model(), "parentModel": f"{PARENT}/models/none"}
    assert refused(server.models.upload, elsewhere) == "NOT_FOUND"


def test_what_is_deployed_is_not_deleted(server: VertexServer) -> None:
    assert refused(server.models.delete, "iris") == "FAILED_PRECONDITION"
    assert refused(server.models.delete_version, "iris@1") == "FAILED_PRECONDITION"
    assert refused(server.endpoints.delete, "e") == "FAILED_PRECONDITION"


def test_neither_the_only_version_nor_one_without_its_number_is_deleted(
    server: VertexServer,
) -> None:
    assert refused(server.models.delete_version, "iris") == "INVALID_ARGUMENT"
    server.models.upload({"model": model(), "modelId": "other"})
    server.finish()
    assert refused(server.models.delete_version, "other@1") == "INVALID_ARGUMENT"


def test_an_endpoint_does_one_thing_at_a_time_and_keeps_ids_apart(server: VertexServer) -> None:
    assert refused(server.endpoints.deploy, "e", deployment("iris@2")) == "ALREADY_EXISTS"
    server.endpoints.deploy(
        "e", {**deployment("iris@2", id="2"), "trafficSplit": {"0": 10, "1": 90}}
    )
    third = deployment("iris@2", id="3")
    assert refused(server.endpoints.deploy, "e", third) == "FAILED_PRECONDITION"
    server.finish()
    assert server.endpoints.get("e")["trafficSplit"] == {"1": 90, "2": 10}


def test_no_machine_at_all_is_refused(server: VertexServer) -> None:
    none = {**MACHINES, "minReplicaCount": 0}
    body = deployment("iris@2", id="2", dedicatedResources=none)
    assert refused(server.endpoints.deploy, "e", body) == "INVALID_ARGUMENT"


@pytest.mark.parametrize("alias", ["v1_2", "1", "V1", "a", "a-"])
def test_an_alias_has_no_underscore_and_is_no_number(server: VertexServer, alias: str) -> None:
    assert refused(server.models.merge_aliases, "iris@1", [alias]) == "INVALID_ARGUMENT"


def test_a_stale_etag_is_refused(server: VertexServer) -> None:
    etag = server.endpoints.get("e")["etag"]
    server.endpoints.patch("e", "labels", {"labels": {"a": "b"}, "etag": etag})
    body = {"labels": {"a": "c"}, "etag": etag}
    assert refused(server.endpoints.patch, "e", "labels", body) == "ABORTED"


def test_parameters_break_the_prebuilt_image(server: VertexServer) -> None:
    body = {"instances": [[1]], "parameters": {"probabilities": True}}
    assert refused(server.endpoints.predict, "e", body) == "FAILED_PRECONDITION"


def test_a_split_decides_who_answers_and_the_answer_says_who(server: VertexServer) -> None:
    server.endpoints.deploy(
        "e", {**deployment("iris@2", id="2"), "trafficSplit": {"0": 50, "1": 50}}
    )
    server.finish()
    answers = [server.endpoints.predict("e", {"instances": [[1]]}) for _ in range(60)]
    assert {answer["modelVersionId"] for answer in answers} == {"1", "2"}
