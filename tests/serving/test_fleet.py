"""Several processes on one port: all answer, all are counted, one that dies is replaced."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection
from pathlib import Path

from shared.core.ports import ObjectStore
from tests.localcloud.process import GoogleApis
from tests.serving.process import Serving, environment, serving, start, store
from tests.serving.test_measure import values
from tests.serving.trained import released, trained


def children(process: int, besides: Collection[int] = (), count: int = 2) -> list[int]:
    """So many processes that it started, besides these, once they are there."""
    tasks = Path(f"/proc/{process}/task/{process}/children")
    found: list[int] = []
    wait_for(lambda: len(found) == count or found.extend(_new(tasks, {*besides, *found})))
    return found


def _new(tasks: Path, known: Collection[int]) -> list[int]:
    return [int(word) for word in tasks.read_text().split() if int(word) not in known]


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def prepared(running: Serving, objects: ObjectStore, bucket: str, model: str) -> None:
    running.api.create_model(model)
    uri = released(objects, trained(), 41, bucket=bucket)
    done = running.api.create_version("v1", uri, model=model).json
    assert "error" not in done, done


def answered(running: Serving, model: str, count: int) -> None:
    body = {"instances": [[6.8, 2.8, 4.8, 1.4]]}
    for _ in range(count):
        answer = running.api.call("POST", f"/models/{model}:predict", body)
        assert answer.json == {"predictions": ["versicolor"]}


def test_all_answer_all_are_counted_and_a_dead_one_is_replaced(apis: GoogleApis) -> None:
    configuration = apis.configuration
    with serving(configuration, WORKERS="2") as running:
        prepared(running, store(configuration), configuration.buckets["models"], "fleet")
        answered(running, "fleet", 40)
        told = values(running.api.client.send("GET", "/metrics").body.decode())
        name = 'serving_requests_total{model="fleet",version="v1",status="200"}'
        assert told[name] == 40
        first = children(running.process.pid)
        os.kill(first[0], signal.SIGKILL)
        children(running.process.pid, first, 1)
        answered(running, "fleet", 20)
        assert running.end() == 0


def test_the_processes_end_with_the_one_that_started_them(apis: GoogleApis) -> None:
    with serving(apis.configuration, WORKERS="2") as running:
        workers = children(running.process.pid)
        running.process.kill()
        running.process.wait(10)
        wait_for(lambda: not any(Path(f"/proc/{worker}/exe").exists() for worker in workers))


def test_a_port_that_one_process_has_is_taken_for_several(apis: GoogleApis) -> None:
    with serving(apis.configuration, WORKERS="2") as running:
        again = start(environment(apis.configuration, PORT=str(running.port), WORKERS="2"))
        try:
            text = "".join(again.communicate(timeout=30))
        finally:
            again.kill()
        assert again.returncode == 2
        assert "PORT" in text
