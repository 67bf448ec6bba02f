"""The whole loop with PLATFORM=vertex-ai: a CSV too large for the function, trained by a custom job
that truly runs, released on a Vertex AI on loopback, and asked through the predict function."""

from __future__ import annotations

import io
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pytest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from benchmarks.cloud import ROOT, Cloud, local_cloud
from shared.core.artifact import split_uri
from shared.gcp.vertex.job import LABEL
from tests.asgi import Switch, served
from tests.contracts.discovery import Held, discovery
from tests.contracts.jobs import IMAGE
from tests.fakes.vertex.server import VertexServer

CSV = (ROOT / "examples" / "iris.csv").read_bytes()
FLOWERS = {"instances": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}
SECONDS = 60.0


class Vertex:
    """Custom jobs are the local cloud's, models and endpoints the server's of these tests."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.server = VertexServer(self._answer, cloud.configuration.project)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if "/customJobs" not in scope.get("path", ""):
            await self.server.app(scope, receive, send)
            return
        request = Request(scope, receive)
        answer = await run_in_threadpool(self._pass_on, request, await request.body())
        await answer(scope, receive, send)

    def _pass_on(self, request: Request, body: bytes) -> Response:
        url = self._cloud.configuration.url("googleapis")
        target = f"{url}{request.url.path}?{request.url.query}"
        names = {"authorization", "content-type"} & set(request.headers)
        kept = {name: request.headers[name] for name in names}
        asked = urllib.request.Request(target, body or None, kept, method=request.method)
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return Response(answer.read(), answer.status)
        except urllib.error.HTTPError as error:
            return Response(error.read(), error.code)

    def _answer(self, uri: str, rows: list[Any]) -> list[Any]:
        data = self._cloud.read("models", f"{split_uri(uri)[1]}model.joblib")
        assert data
        answers: list[Any] = joblib.load(io.BytesIO(data)).predict(rows).tolist()
        return answers


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Cloud, Held]]:
    """A local cloud that takes this for Vertex AI. It must be there before the cloud is."""
    switch = Switch()
    with served(switch) as client:
        told = {
            "PLATFORM": "vertex-ai",
            "VERTEX_URL": f"http://127.0.0.1:{client.port}",
            "VERTEX_JOB_IMAGE": IMAGE,
            "MAX_CSV_BYTES": "1000",
            "RELEASE_DEADLINE_SECONDS": "20",
        }
        with local_cloud(tmp_path / "state", environment=told) as cloud:
            switch.app = Held(Vertex(cloud), discovery("aiplatform", "v1"))
            yield cloud, switch.app


def ended(cloud: Cloud, name: str) -> dict[str, Any]:
    """The custom job once it has ended: that comes a moment after its model is told."""
    deadline = time.monotonic() + SECONDS
    while True:
        shown: dict[str, Any] = json.loads(cloud.call("googleapis", "GET", f"/v1/{name}")[1])
        if "endTime" in shown:
            return shown
        assert time.monotonic() < deadline, shown
        time.sleep(0.02)


def test_a_drop_ends_in_a_model_that_a_custom_job_trained_and_vertex_ai_serves(
    held: tuple[Cloud, Held],
) -> None:
    cloud, wire = held
    source = cloud.drop("data/iris/iris.csv", CSV)
    story = cloud.settled("iris", source, SECONDS)
    assert story["state"] == "live", story
    asked = [f"{one.method} {one.path.rpartition('/')[2]}" for one in wire.requests]
    assert asked[:3] == ["GET customJobs", "POST customJobs", "GET customJobs"]
    assert asked.count("POST customJobs") == 1
    execution = next(step["execution"] for step in story["steps"] if "execution" in step)
    shown = ended(cloud, execution)
    assert shown["state"] == "JOB_STATE_SUCCEEDED"
    assert LABEL in shown["labels"]
    bearer, body = f"Bearer {cloud.token()}", json.dumps(FLOWERS).encode()
    status, answer = cloud.call(
        "predict", "POST", cloud.predict_path("iris"), body, Authorization=bearer
    )
    assert (status, json.loads(answer)["predictions"]) == (200, ["versicolor"] * 2), answer
    assert wire.faults == []
