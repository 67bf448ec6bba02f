"""What is counted, and how it is told: OpenMetrics, summed over the processes of one port."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from serving.measure import BOUNDS, MOST_VERSIONS, Measure, openmetrics
from serving.sibling import Siblings
from tests.serving.trained import released, trained
from tests.serving.world import Api, World


def values(text: str) -> dict[str, float]:
    """Every sample of a page."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_predictions_loads_and_memory_are_told_by_version(world: World, api: Api) -> None:
    api.create_version("v1", released(world.store, trained()))
    api.create_version("v2", world.directory(2))
    for version in ("v1", "v1", "v2", "", "none"):
        api.predict(version)
    api.predict("v1", [[1, 2]])
    answer = api.client.send("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    text = answer.body.decode()
    assert text.endswith("# EOF\n")
    told = values(text)
    v1 = 'model="iris",version="v1"'
    assert told[f'serving_requests_total{{{v1},status="200"}}'] == 3
    assert told[f'serving_requests_total{{{v1},status="400"}}'] == 1
    assert told['serving_requests_total{model="iris",version="v2",status="200"}'] == 1
    assert told['serving_requests_total{model="",version="",status="404"}'] == 1
    assert told[f"serving_request_seconds_count{{{v1}}}"] == 4
    assert told[f'serving_request_seconds_bucket{{{v1},le="+Inf"}}'] == 4
    assert told[f"serving_request_seconds_sum{{{v1}}}"] > 0
    assert told['serving_loads_total{how="portable",outcome="done"}'] == 1
    assert told['serving_loads_total{how="process",outcome="done"}'] == 1
    assert told["serving_models"] == 2
    assert told["serving_models_bytes"] > 15_000_000
    assert told["serving_evictions_total"] == 0


def test_models_that_make_room_are_counted(world: World) -> None:
    with world.serving(CACHE_MODELS="1") as api:
        api.create_model()
        for number in (1, 2):
            api.create_version(f"v{number}", released(world.store, trained(), number))
        told = values(api.client.send("GET", "/metrics").body.decode())
    assert told["serving_evictions_total"] == 1
    assert told["serving_models"] == 1


@pytest.mark.parametrize(("account", "status"), [("predict", 200), ("retrain", 403)])
def test_they_are_told_to_whoever_may_read(api: Api, account: str, status: int) -> None:
    caller = api.as_account(account)
    headers = {"Authorization": f"Bearer {caller.account}"}
    assert api.client.send("GET", "/metrics", None, headers).status == status


def test_buckets_count_what_is_at_most_their_bound() -> None:
    measure = Measure()
    for seconds in (BOUNDS[0], BOUNDS[1], 100.0):
        measure.answered("m", "v", 200, seconds)
    told = values(openmetrics(measure))
    name = 'serving_request_seconds_bucket{model="m",version="v",le='
    assert told[f'{name}"{BOUNDS[0]}"}}'] == 1
    assert told[f'{name}"{BOUNDS[1]}"}}'] == 2
    assert told[f'{name}"{BOUNDS[-1]}"}}'] == 2
    assert told[f'{name}"+Inf"}}'] == 3


def test_more_versions_than_are_counted_apart_are_counted_together() -> None:
    measure = Measure()
    for number in range(MOST_VERSIONS + 7):
        measure.answered("m", f"v{number}", 200, 0.001)
    told = values(openmetrics(measure))
    assert told['serving_requests_total{model="other",version="other",status="200"}'] == 7


def test_processes_of_one_port_are_summed_and_a_dead_one_is_left_out(tmp_path: Path) -> None:
    async def story() -> None:
        all_of_them = [Siblings(Measure(), tmp_path, number) for number in range(3)]
        for one in all_of_them:
            await one.open()
            one.measure.answered("m", "v", 200, 0.001)
            one.measure.gauges["serving_models"] = 2
        all_of_them[2].close()
        for one in all_of_them[:2]:
            total = await one.sum()
            assert total.requests["m", "v", 200] == 2
            assert sum(total.latencies["m", "v"].counts) == 2
            assert total.gauges["serving_models"] == 4
        all_of_them[0].close()
        all_of_them[1].close()

    asyncio.run(story())
