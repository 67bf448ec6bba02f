"""From a drop to an answer, a rollback and a deletion, on Vertex AI."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core import artifact
from shared.core.artifact import default_name, drop_id, version_name
from shared.core.default import Default
from shared.core.errors import InvalidRequest, VersionNotFound, VersionNotReady
from tests.vertex.world import FLOWERS, NAMES, VertexWorld
from tests.workflows.world import STATE


def default(world: VertexWorld) -> str:
    return Default.from_json(world.store.live(STATE, default_name("iris"))[0]).version


def released(world: VertexWorld) -> str:
    """A new drop, delivered until it is live; its version."""
    event = world.trained()
    assert world.deliver_until_it_ends(event) == "live"
    return default(world)


def test_a_drop_becomes_a_version_that_answers(world: VertexWorld) -> None:
    version = released(world)
    answer = world.ask()
    assert (answer.predictions, answer.version) == (NAMES, version)
    (info,) = world.platform.list_versions("iris")
    assert (info.version, info.state, info.is_default) == (version, "READY", True)
    assert world.uploads() == world.machines() == [version]


def test_a_version_has_its_endpoint_its_alias_and_all_the_traffic_there(world: VertexWorld) -> None:
    version = released(world)
    (endpoint,) = world.server.state.endpoints.values()
    (upload,) = world.server.state.models["iris"].values()
    assert upload.aliases == {"default", version.replace("_", "-")}
    assert endpoint.split == {"1": 100}
    assert endpoint.body["description"] == upload.body["artifactUri"]


def test_the_new_version_takes_over_and_the_old_one_can_be_rolled_back_to(
    world: VertexWorld,
) -> None:
    first, second = released(world), released(world)
    assert world.ask().version == second
    assert world.ask(version=first).predictions == NAMES
    world.person().rollback()
    assert world.ask().version == first
    assert world.platform.get_version("iris", first).is_default


def test_no_machine_runs_for_a_version_beyond_those_that_are_kept(world: VertexWorld) -> None:
    versions = [released(world) for _ in range(4)]
    assert world.uploads() == world.machines() == versions[2:]
    assert world.ask().version == versions[3]
    world.person().rollback()
    assert world.ask().version == versions[2]


def test_what_retention_deletes_leaves_no_upload_and_no_machine(world: VertexWorld) -> None:
    first, second = released(world), released(world)
    world.platform.delete_version("iris", first)
    assert world.uploads() == world.machines() == [second]
    assert len(world.server.state.endpoints) == 1
    with pytest.raises(VersionNotFound):
        world.ask(version=first)
    assert world.ask().version == second


def test_nobody_is_answered_by_a_version_whose_golden_answers_differ(world: VertexWorld) -> None:
    first = released(world)
    event = world.trained()
    right = world.server.endpoints.answer
    wrong_uri = f"gs://{event.source.bucket}/{event.source.name.removesuffix('model.joblib')}"
    world.server.endpoints.answer = lambda uri, rows: (
        ["setosa"] * len(rows) if uri == wrong_uri else right(uri, rows)
    )
    assert world.deliver_until_it_ends(event) == "failed"
    assert default(world) == world.ask().version == first
    assert world.platform.get_version("iris", first).is_default


def test_the_first_version_answers_nobody_before_its_golden_requests_hold(
    world: VertexWorld,
) -> None:
    world.server.endpoints.answer = lambda uri, rows: ["setosa"] * len(rows)
    assert world.deliver_until_it_ends(world.trained()) == "failed"
    with pytest.raises(Exception, match="no version of a model 'iris' is live"):
        world.ask()


def test_a_version_that_does_not_load_fails_with_the_platforms_words(world: VertexWorld) -> None:
    first = released(world)
    event = world.trained()
    directory = event.source.name.removesuffix(artifact.MODEL_FILE)
    world.server.endpoints.broken[f"gs://{event.source.bucket}/{directory}"] = "No module named x"
    assert world.deliver_until_it_ends(event) == "failed"
    (story,) = [one for one in world.stories().values() if one["state"] == "failed"]
    assert "No module named x" in str(story)
    assert world.machines() == [first]


def test_a_long_deployment_is_recorded_and_resumed_by_redelivery(world: VertexWorld) -> None:
    event = world.trained()
    world.server.hold()
    with pytest.raises(VersionNotReady):
        world.deploy(event)
    story = next(iter(world.stories().values()))
    recorded = str(story)
    (operation,) = [
        one for one in world.server.state.operations.values() if one.kind == "DeployModel"
    ]
    assert operation.name in recorded
    world.server.release()
    assert world.deliver_until_it_ends(event) == "live"
    deployments = [call for call in world.server.calls if call.endswith(":deployModel")]
    assert len(deployments) == 1


def test_a_version_without_an_endpoint_of_its_own_is_refused_with_the_reason(
    world: VertexWorld,
) -> None:
    first, _ = released(world), released(world)
    (endpoint,) = [
        one
        for one in world.server.state.endpoints.values()
        if one.body["labels"]["dropserve-version"] == first
    ]
    del world.server.state.endpoints[endpoint.id]
    with pytest.raises(VersionNotFound, match="has no endpoint of its own"):
        world.ask(version=first)
    info = world.platform.get_version("iris", first)
    assert (info.state, "no endpoint" in info.error_message) == ("FAILED", True)


def test_an_answer_of_another_version_is_never_passed_on(world: VertexWorld) -> None:
    version = released(world)
    upload = world.server.state.models["iris"][1]
    (endpoint,) = world.server.state.endpoints.values()
    endpoint.deployed["1"].upload = replace(upload, number=77)  # somebody deployed it by hand
    with pytest.raises(VersionNotReady, match=version):
        world.ask()
    with pytest.raises(VersionNotFound, match="another version answers"):
        world.ask(version=version)


def test_probabilities_are_refused_for_the_prebuilt_image_and_said(world: VertexWorld) -> None:
    assert not world.platform.capabilities.probabilities
    assert world.platform.capabilities.scikit_learn == "1.6"


def test_instances_that_the_model_cannot_take_are_told_from_a_version_not_ready(
    world: VertexWorld,
) -> None:
    version = released(world)
    with pytest.raises(InvalidRequest, match="features"):
        world.platform.predict("iris", version, [[1.0]])
    for endpoint in world.server.state.endpoints.values():
        endpoint.split = {}
    with pytest.raises(VersionNotReady):
        world.platform.predict("iris", version, FLOWERS)


def test_the_version_is_named_after_the_drop(world: VertexWorld) -> None:
    world.sleep(1)
    drop = world.drop()
    world.retrain(drop)
    event = next(e for e in world.events if e.source.name.endswith("/model.joblib"))
    world.deliver_until_it_ends(event)
    assert default(world) == version_name(drop.source) == f"v{drop_id(drop.source)}"
