"""At least once, in any order: one source makes one version, the newest is the default."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from benchmarks.cloud import ROOT, Cloud
from shared.core import roles
from shared.core.artifact import version_name
from shared.core.cloudevent import headers
from shared.core.source import Source
from tests.system.scenario import failures

LINES = (ROOT / "examples" / "iris.csv").read_text(encoding="utf-8").splitlines()
READ_THE_CSV = (roles.RETRAIN, "data", "data/", roles.GET)


def csv(seed: int, times: int = 1) -> bytes:
    """Iris, shuffled, so that no two are alike; as many times as many rows as that."""
    header, *rows = LINES
    rows = rows * times
    random.Random(seed).shuffle(rows)
    return ("\n".join([header, *rows]) + "\n").encode()


def switch(cloud: Cloud, service: str, **values: Any) -> None:
    body = json.dumps(values).encode()
    status, answer = cloud.call("googleapis", "POST", f"/_local/{service}/switches", body)
    assert status == 200, answer


@pytest.fixture
def cloud(own_cloud: Cloud) -> Iterator[Cloud]:
    """A local cloud whose switches are off at the start."""
    switch(own_cloud, "storage", one_write_per_second=False, generations="microseconds", revoked=[])
    switch(own_cloud, "eventarc", duplicates=1, shuffle=None)
    yield own_cloud
    assert own_cloud.idle()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def states(cloud: Cloud, model: str, sources: list[Source]) -> list[str]:
    """How each drop ended, once all have and no event is under way."""
    ended = [cloud.settled(model, source) for source in sources]
    assert cloud.idle()
    assert all(story["settled"] for story in ended), ended
    return [cloud.story(model, source)["state"] for source in sources]


def assert_one_version_each(cloud: Cloud, model: str, sources: list[Source]) -> None:
    """A READY version for each source that was read; the newest source's is the default."""
    ended = dict(zip(sources, states(cloud, model, sources), strict=True))
    assert set(ended.values()) <= {"live", "ready", "superseded"}, ended
    read = [source for source, state in ended.items() if state != "superseded"]
    listed = cloud.versions(model)
    names = sorted(version["name"].rsplit("/", 1)[-1] for version in listed)
    assert names == sorted(version_name(source) for source in read)
    assert {version["state"] for version in listed} == {"READY"}
    newest = max(sources, key=lambda source: source.order)
    assert ended[newest] == "live"
    default = cloud.default(model)
    assert default is not None
    assert default.version == version_name(newest)
    assert [v["name"].rsplit("/", 1)[-1] for v in listed if v.get("isDefault")] == [default.version]


def drop_at_once(cloud: Cloud, names: list[str], seed: int = 0) -> list[Source]:
    """Drop as many CSVs as nearly at one moment as threads can."""
    gate = threading.Barrier(len(names))
    dropped: list[Source] = []

    def drop(number: int, name: str) -> None:
        data = csv(seed + number)
        gate.wait()
        dropped.append(cloud.drop(name, data))

    threads = [threading.Thread(target=drop, args=pair) for pair in enumerate(names)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(dropped) == len(names)
    return dropped


def within_a_millisecond(cloud: Cloud, model: str) -> list[Source]:
    """Drops of one model until two of them were made in the same millisecond.

    Uploads one by one are seldom so near; copies in one batch request are.
    """
    names = [f"uploads/{model}_{number}.csv" for number in range(3)]
    for number, name in enumerate(names):
        cloud.drop(name, csv(number))
    for attempt in range(20):
        batch_of_copies(cloud, {name: f"data/{model}/{attempt}{name[-6:]}" for name in names})
        every = cloud.sources(model)
        if len({source.time_created for source in every}) < len(every):
            return every
    raise AssertionError("no two drops fell into the same millisecond")


def batch_of_copies(cloud: Cloud, copies: dict[str, str]) -> None:
    """Copy objects of DATA in one request; a copy is a new object with an event of its own."""
    objects = f"/b/{cloud.configuration.buckets['data']}/o"
    parts = [
        "--part\r\nContent-Type: application/http\r\n\r\n"
        f"POST /storage/v1{objects}/{quote(old, safe='')}/copyTo{objects}/{quote(new, safe='')}"
        " HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{}\r\n"
        for old, new in copies.items()
    ]
    body = "".join([*parts, "--part--\r\n"]).encode()
    kind = "multipart/mixed; boundary=part"
    status, answer = cloud.call(
        "googleapis", "POST", "/batch/storage/v1", body, **{"Content-Type": kind}
    )
    assert (status, answer.count(b"HTTP/1.1 200")) == (200, len(copies)), answer


@pytest.mark.parametrize("generations", ["microseconds", "colliding", "falling", "tiny"])
def test_drops_of_one_millisecond_are_versions_of_their_own(cloud: Cloud, generations: str) -> None:
    """Whatever generation numbers look like; Google promises neither order nor uniqueness."""
    switch(cloud, "storage", generations=generations)
    model = f"moment_{generations}"
    assert_one_version_each(cloud, model, within_a_millisecond(cloud, model))


def test_a_drop_that_is_delivered_once_takes_at_most_8_invocations(cloud: Cloud) -> None:
    before = delivered(cloud)
    source = cloud.drop("data/counted/iris.csv", csv(1))
    assert_one_version_each(cloud, "counted", [source])
    assert 2 <= delivered(cloud) - before <= 8


def delivered(cloud: Cloud) -> int:
    """Invocations of functions so far, those that failed included."""
    assert cloud.idle()
    told = json.loads(cloud.call("googleapis", "GET", "/_local/eventarc/statistics")[1])
    return int(told["delivered"]) + int(told["failed"])


def test_the_same_csv_twice_is_two_sources(cloud: Cloud) -> None:
    data = csv(2)
    first = cloud.drop("data/twice/iris.csv", data)
    assert states(cloud, "twice", [first]) == ["live"]
    second = cloud.drop("data/twice/iris.csv", data)
    assert_one_version_each(cloud, "twice", [first, second])


def test_a_csv_that_was_overwritten_before_it_was_read_is_superseded(cloud: Cloud) -> None:
    switch(cloud, "storage", revoked=[READ_THE_CSV])
    before = failures(cloud)
    first = cloud.drop("data/overwritten/iris.csv", csv(3))
    until(lambda: failures(cloud) > before)
    second = cloud.drop("data/overwritten/iris.csv", csv(4))
    switch(cloud, "storage", revoked=[])
    assert states(cloud, "overwritten", [first, second]) == ["superseded", "live"]
    assert_one_version_each(cloud, "overwritten", [first, second])


def test_a_csv_that_is_overwritten_while_it_is_trained_on_still_makes_its_version(
    cloud: Cloud,
) -> None:
    first = cloud.drop("data/trained/iris.csv", csv(5, times=100))
    until(lambda: cloud.story("trained", first)["state"] == "training")
    second = cloud.drop("data/trained/iris.csv", csv(6))
    assert_one_version_each(cloud, "trained", [first, second])
    story = cloud.story("trained", first)
    assert story["state"] in ("live", "ready")
    (trained,) = [step["at"] for step in story["steps"] if step["step"] == "trained"]
    assert second.time_created < trained


def test_every_event_three_times_and_shuffled_changes_nothing(cloud: Cloud) -> None:
    switch(cloud, "eventarc", duplicates=3, shuffle=7)
    names = [f"data/thrice/{number}.csv" for number in range(3)]
    sources = drop_at_once(cloud, names, seed=20)
    sources.append(cloud.drop(names[0], csv(30)))
    assert_one_version_each(cloud, "thrice", sources)
    before = everything(cloud)
    redeliver(cloud, times=3)
    assert everything(cloud) == before
    assert_one_version_each(cloud, "thrice", sources)


def everything(cloud: Cloud) -> dict[str, tuple[str, str]]:
    """Name -> generation and metageneration of every object of MODELS and STATE."""
    return {
        f"{kind}/{item['name']}": (item["generation"], item["metageneration"])
        for kind in ("models", "state")
        for item in cloud.objects(kind, "")
    }


def redeliver(cloud: Cloud, times: int) -> None:
    """Send the event of every object that there is to its function again, in any order."""
    events = [
        (function, item)
        for function, kind in (("retrain", "data"), ("deploy_version", "models"))
        for item in cloud.objects(kind, "")
    ] * times
    random.Random(1).shuffle(events)
    for number, (function, item) in enumerate(events):
        body = json.dumps(item)
        status, answer = cloud.call(
            function, "POST", "/", body.encode(), **headers(str(number), body)
        )
        assert status == 200, answer


@pytest.mark.parametrize("kind", ["models", "state"])
def test_a_bucket_that_is_made_too_late_loses_no_drop(
    start: Callable[..., Cloud], kind: str
) -> None:
    cloud = start()
    bucket = cloud.configuration.buckets[kind]
    assert cloud.call("googleapis", "DELETE", f"/storage/v1/b/{bucket}")[0] == 204
    source = cloud.drop("data/iris/iris.csv", csv(50))
    until(lambda: failures(cloud) > 0)
    made = json.dumps({"name": bucket}).encode()
    assert cloud.call("googleapis", "POST", "/storage/v1/b", made)[0] == 200
    assert_one_version_each(cloud, "iris", [source])


def test_one_write_a_second_and_object_is_enough(cloud: Cloud) -> None:
    """Google's limit: 429 for more, which every writer outlasts."""
    switch(cloud, "storage", one_write_per_second=True)
    names = [f"data/slowly/{number}.csv" for number in range(3)]
    assert_one_version_each(cloud, "slowly", drop_at_once(cloud, names, seed=40))
