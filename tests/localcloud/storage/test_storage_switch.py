"""The switches that make the local storage as unkind as the real one may be."""

from __future__ import annotations

import http.client

import pytest
from google.api_core.exceptions import ServiceUnavailable, TooManyRequests
from google.cloud.storage.retry import DEFAULT_RETRY

from localcloud.storage import Switches
from localcloud.storage.error import ApiError

ADMIN = "/_local/storage/switches"
FRESH = {
    "one_write_per_second": False,
    "generations": "microseconds",
    "faults": [],
    "revoked": [],
}


@pytest.fixture(autouse=True)
def fresh(server):
    yield
    server.storage.switches.change(FRESH)


def fault(server, **what):
    server.storage.switches.change({"faults": [what]})


def test_a_second_write_to_a_name_within_a_second_is_too_many(server, bucket):
    server.storage.switches.one_write_per_second = True
    blob = bucket.blob("a")
    blob.upload_from_string(b"x", retry=None)
    for verb in (
        lambda: bucket.blob("a").upload_from_string(b"y", retry=None),
        lambda: bucket.blob("a").delete(retry=None),
        lambda: blob.patch(retry=None),
    ):
        with pytest.raises(TooManyRequests, match="rate limit for object mutation"):
            verb()
    bucket.blob("b").upload_from_string(b"x", retry=None)
    assert blob.download_as_bytes() == b"x"


def test_a_refused_write_does_not_count(server, bucket):
    server.storage.switches.one_write_per_second = True
    assert server.put(bucket.name, "a", b"x", "&ifGenerationMatch=5").status == 412
    assert server.put(bucket.name, "a", b"x").status == 200


def test_googles_client_gets_over_the_limit(server, bucket):
    server.storage.switches.one_write_per_second = True
    retry = DEFAULT_RETRY.with_delay(0.3, 0.3, 1)
    for text in (b"one", b"two"):
        bucket.blob("a").upload_from_string(text, retry=retry)
    assert bucket.blob("a").download_as_bytes() == b"two"


def written(bucket, *names):
    generations = []
    for name in names:
        blob = bucket.blob(name)
        blob.upload_from_string(b"x")
        generations.append(blob.generation)
    return generations


def test_generations_may_fall(server, bucket):
    server.storage.switches.change({"generations": "falling"})
    found = written(bucket, "a", "b", "a", "c")
    assert found == sorted(set(found), reverse=True)


def test_generations_may_be_tiny(server, bucket):
    server.storage.switches.change({"generations": "tiny"})
    found = written(bucket, "a", "b", "a")
    assert found == sorted(set(found))
    assert found[-1] < 1000


def test_generations_may_collide_between_objects_never_within_one(server, bucket):
    server.storage.switches.change({"generations": "colliding"})
    first, other, second = written(bucket, "a", "b", "a")
    assert first == other != second
    bucket.blob("a").delete()
    assert written(bucket, "a")[0] not in (first, second)


def test_generations_grow_again_after_a_switch(server, bucket):
    server.storage.switches.change({"generations": "falling"})
    written(bucket, "a")
    server.storage.switches.change({"generations": "microseconds"})
    first, second = written(bucket, "b", "b")
    assert 10**15 < first < second < 10**16


def test_a_fault_strikes_as_often_as_it_should(server, bucket):
    bucket.blob("a").upload_from_string(b"x")
    fault(server, method="GET", path_contains=f"{bucket.name}/o/a", status=503, count=2)
    for _ in range(2):
        with pytest.raises(ServiceUnavailable):
            bucket.blob("a").reload(retry=None)
    bucket.blob("a").reload(retry=None)


def test_googles_client_gets_over_a_fault(server, bucket):
    fault(server, method="POST", path_contains="ifGenerationMatch=0", status=500, count=2)
    retry = DEFAULT_RETRY.with_delay(0.01, 0.01, 1)
    bucket.blob("a").upload_from_string(b"x", if_generation_match=0, retry=retry)
    assert bucket.blob("a").download_as_bytes() == b"x"


@pytest.mark.parametrize("status", [0, 503])
def test_a_fault_after_the_work_loses_only_the_answer(server, bucket, status):
    fault(server, method="POST", path_contains="/upload/", status=status, after=True)
    if status:
        assert server.put(bucket.name, "a", b"x").status == status
    else:
        with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
            server.put(bucket.name, "a", b"x")
    assert bucket.blob("a").download_as_bytes() == b"x"


def test_a_dropped_connection_does_nothing(server, bucket):
    fault(server, method="POST", path_contains="/upload/", status=0)
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        server.put(bucket.name, "a", b"x" * 300_000)
    assert bucket.get_blob("a") is None
    assert server.put(bucket.name, "a", b"x").status == 200


def test_switches_are_set_at_run_time(server):
    body = '{"one_write_per_second": true, "faults": [{"method": "PUT", "status": 429}]}'
    answer = server.request("POST", ADMIN, body)
    assert answer.json["one_write_per_second"] is True
    assert server.storage.switches.faults[0].status == 429
    assert server.request("GET", ADMIN).json == answer.json


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        '{"no": 1}',
        '{"generations": "odd"}',
        '{"faults": [1]}',
        '{"revoked": [["retrain", "data", "data/", "storage.objects.delete"]]}',
        '{"revoked": ["retrain"]}',
        '{"revoked": 1}',
    ],
)
def test_a_switch_that_is_none_is_refused(server, body):
    assert server.request("POST", ADMIN, body).status == 400
    assert server.request("GET", ADMIN).json == FRESH


def test_switches_come_from_settings_as_text():
    switches = Switches.of(
        {"one_write_per_second": "1", "generations": "tiny", "faults": '[{"status": 0}]', "x": "y"}
    )
    assert (switches.one_write_per_second, switches.generations) == (True, "tiny")
    assert switches.faults[0].status == 0
    with pytest.raises(ApiError):
        Switches.of({"generations": "odd"})
