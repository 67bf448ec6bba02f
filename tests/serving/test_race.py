"""Three processes over one registry: whoever is asked, the answer is the same.

Their only database is the STATE bucket of the real local storage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from shared.core.ports import ObjectStore
from tests.asgi import Reply
from tests.localcloud.process import GoogleApis
from tests.serving.process import serving, store
from tests.serving.world import Api, written

WRITERS = 12


@pytest.fixture(scope="module")
def three(apis: GoogleApis) -> Iterator[list[Api]]:
    """Three processes, each answering both planes."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(serving(apis.configuration, MAX_AGE_SECONDS="0")).api
            for _ in range(3)
        ]


@pytest.fixture
def objects(apis: GoogleApis) -> ObjectStore:
    return store(apis.configuration)


@pytest.fixture
def model(three: list[Api], request: pytest.FixtureRequest) -> str:
    """A new model."""
    name = "m" + str(abs(hash(request.node.name)))
    assert three[0].create_model(name).status == 200
    return name


def race(three: list[Api], call: Callable[[Api, int], Reply]) -> list[Reply]:
    """Twelve callers at once, by turns at each process."""
    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(lambda n: call(three[n % 3], n), range(WRITERS)))


def agreed(three: list[Api], path: str) -> Reply:
    """What all three answer, byte for byte."""
    answers = [api.call("GET", path) for api in three]
    assert len({(answer.status, answer.body) for answer in answers}) == 1
    return answers[0]


def test_of_those_who_create_one_model_one_succeeds(three: list[Api]) -> None:
    answers = race(three, lambda api, _: api.create_model("contested"))
    assert Counter(answer.status for answer in answers) == {200: 1, 409: WRITERS - 1}
    agreed(three, "/models/contested")


def test_one_name_from_several_directories_becomes_one_version(
    three: list[Api], model: str, objects: ObjectStore, apis: GoogleApis
) -> None:
    bucket = apis.configuration.buckets["models"]
    uris = [written(objects, bucket, 10 + n) for n in range(3)]
    # Each directory at every process, so that equal and unequal ones meet.
    answers = race(three, lambda api, n: api.create_version("v1", uris[n // 4], model=model))
    won = agreed(three, f"/models/{model}/versions/v1").json
    assert won["state"] == "READY"
    assert won["isDefault"] is True
    for n, answer in enumerate(answers):
        if uris[n // 4] != won["deploymentUri"]:
            assert answer.status == 409
        else:
            assert answer.status in (200, 409)
    assert 200 in {answer.status for answer in answers}
    names = {answer.json["name"] for answer in answers if answer.status == 200}
    assert len(names) == 1, "one creation is one operation, whoever tells of it"
    operation = agreed(three, "/" + names.pop().split("/", 2)[2]).json
    assert operation["done"] is True
    assert operation["response"]["deploymentUri"] == won["deploymentUri"]


def test_of_many_first_versions_one_is_the_default(
    three: list[Api], model: str, objects: ObjectStore, apis: GoogleApis
) -> None:
    uri = written(objects, apis.configuration.buckets["models"], 20)
    answers = race(three, lambda api, n: api.create_version(f"v{n}", uri, model=model))
    assert {answer.status for answer in answers} == {200}
    listed = agreed(three, f"/models/{model}/versions?pageSize=100").json["versions"]
    assert len(listed) == WRITERS
    assert {version["state"] for version in listed} == {"READY"}
    default = agreed(three, f"/models/{model}").json["defaultVersion"]["name"]
    assert [v["name"] for v in listed if v.get("isDefault")] == [default]


def test_the_default_and_deletions_race_and_the_default_always_serves(
    three: list[Api], model: str, objects: ObjectStore, apis: GoogleApis
) -> None:
    uri = written(objects, apis.configuration.buckets["models"], 21)
    for n in range(WRITERS):
        three[0].create_version(f"v{n}", uri, model=model)

    def choose_or_delete(api: Api, n: int) -> Reply:
        if n % 2:
            return api.call("DELETE", f"/models/{model}/versions/v{n - 1}")
        return api.call("POST", f"/models/{model}/versions/v{n}:setDefault", {})

    answers = race(three, choose_or_delete)
    assert {answer.status for answer in answers} <= {200, 400, 404, 409}
    default = agreed(three, f"/models/{model}").json["defaultVersion"]
    assert default["state"] == "READY"
    for api in three:
        path = f"/models/{model}:predict"
        answer = api.call("POST", path, {"instances": [[6.8, 2.8, 4.8, 1.4]]})
        assert answer.status == 200
        assert default["name"].endswith("/" + answer.headers["x-model-version"])
    for n in range(0, WRITERS, 2):
        if answers[n + 1].status == 200:
            assert agreed(three, f"/models/{model}/versions/v{n}").status == 404


def test_a_model_is_not_deleted_under_a_version_that_is_created(
    three: list[Api], objects: ObjectStore, apis: GoogleApis
) -> None:
    uri = written(objects, apis.configuration.buckets["models"], 22)
    for turn in range(4):
        name = f"fleeting{turn}"
        three[0].create_model(name)

        def create_or_delete(api: Api, n: int, name: str = name) -> Reply:
            if n % 2:
                return api.call("DELETE", f"/models/{name}")
            return api.create_version(f"v{n}", uri, model=name)

        race(three, create_or_delete)
        got = agreed(three, f"/models/{name}")
        listed = [
            meta.name
            for meta in objects.list(
                apis.configuration.buckets["state"], f"serving/versions/{name}/"
            )
        ]
        assert got.status == 200 or listed == []
        if got.status == 200 and listed:
            assert got.json["defaultVersion"]["state"] == "READY"


def test_patches_that_race_are_all_kept_or_refused(three: list[Api], model: str) -> None:
    answers = race(
        three,
        lambda api, n: api.call(
            "PATCH", f"/models/{model}?updateMask=description", {"description": f"d{n}"}
        ),
    )
    assert {answer.status for answer in answers} <= {200, 409}
    told = {a.json["response"]["description"] for a in answers if a.status == 200}
    assert agreed(three, f"/models/{model}").json["description"] in told
