"""Every staged thing in a fresh environment with only its own locked requirements.

    ./run bench staged [--python 3.12] [NAME ...]

Each starts as in the cloud: functions under functions-framework, serving as its two planes, the
jobs by the commands of their images. They answer what a local cloud asks of them, from a CSV to a
prediction: the function trains one, the training job another, and the reconcile job brings home a
third, whose events were lost. predict's identity is refused by every route of the control plane
that changes something. Asks the package index.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.cloud import ROOT, Cloud, local_cloud
from benchmarks.staged_part import PLANES, WAIT_SECONDS, parts, reconcile_part, run_job, running
from deploy.stage import ROOMS, stage
from localcloud.port import choose
from shared.core import artifact, roles
from shared.core.cloudevent import headers
from shared.core.event import ObjectFinalized
from shared.core.lease import JOB
from shared.core.source import Source

FLOWERS = {"instances": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}
MOST_IN_FUNCTION = 5000
"""Bytes of CSV: more than `examples/iris.csv` has, less than twice as many."""
CHANGES = (
    ("POST", "models", {"name": "m"}),
    ("PATCH", "models/iris?updateMask=description", {"description": "x"}),
    ("DELETE", "models/iris", None),
    ("POST", "models/iris/versions", {"name": "v1", "deploymentUri": "gs://b/d/"}),
    ("PATCH", "models/iris/versions/v1?updateMask=description", {"description": "x"}),
    ("POST", "models/iris/versions/v1:setDefault", {}),
    ("DELETE", "models/iris/versions/v1", None),
)
"""Every route of ml v1 that changes something: method, path, body."""


def main(words: list[str]) -> int:
    """Make the environments, start all, go through the loop once."""
    parser = argparse.ArgumentParser(prog="./run bench staged", description=__doc__)
    parser.add_argument("--python", default=f"3.{sys.version_info.minor}")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="staged-") as folder:
        place = Path(folder)
        pythons = {name: environment(name, place, options.python) for name in sorted(ROOMS)}
        loop(place / "cloud", pythons)
    print("everything answered")
    return 0


def environment(name: str, place: Path, version: str) -> Path:
    """A fresh environment with the thing's own requirements; its Python."""
    began = time.monotonic()
    staged = place / "requirements" / name
    stage(name, staged)
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    venv = place / "venv" / name
    python = venv / "bin" / "python"
    subprocess.run([uv, "venv", "-q", "--python", version, str(venv)], check=True)
    words = ["--no-deps", "--only-binary", ":all:"]  # as the image's recipe has them
    install = [uv, "pip", "install", "-q", "--python", str(python), *words]
    locked = ["--require-hashes", "-r", str(staged / "requirements.txt")]
    subprocess.run([*install, *locked], check=True)
    _tell(f"{name}: its environment", began)
    return python


def loop(state: Path, pythons: dict[str, Path]) -> None:
    """From a CSV to a prediction, through processes of those Pythons."""
    state.mkdir(parents=True)
    free = choose(0, {})
    urls = {
        plane: f"http://127.0.0.1:{free[port]}" for plane, port in zip(PLANES, free, strict=False)
    }
    told = {
        "AI_PLATFORM_URL": urls["control"],
        "AI_PLATFORM_DATA_URL": urls["data"],
        "MAX_CSV_BYTES": str(MOST_IN_FUNCTION),
        "LEASE_SECONDS": "1",
    }
    overrides = {"functions": (), "environment": told, "job_python": str(pythons["retrain"])}
    with (
        local_cloud(state, **overrides) as cloud,
        running(list(parts(cloud.configuration, pythons, urls)), _tell),
    ):
        walk(cloud, urls)
        by_job(cloud)
        by_reconcile(cloud, pythons["deploy_version"])


def walk(cloud: Cloud, urls: dict[str, str]) -> None:
    """A CSV becomes a model, a version, a prediction."""
    began = time.monotonic()
    source = cloud.drop("data/iris/iris.csv", (ROOT / "examples" / "iris.csv").read_bytes())
    post(cloud, "retrain", source)
    found = model_of(cloud, "iris", source)
    assert found, cloud.story("iris", source)
    post(cloud, "deploy_version", *found)
    story = cloud.story("iris", source)
    assert story["state"] == "live", story
    _tell("a CSV came to be a live version", began)
    status, body = ask(cloud)
    assert (status, json.loads(body)["predictions"]) == (200, ["versicolor"] * 2), body
    print(f"  predict answered {json.loads(body)['predictions']}")
    post(cloud, "batch_predict", source)
    refused(cloud, urls)


def by_job(cloud: Cloud) -> None:
    """A CSV that is too large for the function becomes a version by the training job."""
    began = time.monotonic()
    large = (ROOT / "examples" / "iris.csv").read_bytes().splitlines(keepends=True)
    source = cloud.drop("data/large/large.csv", b"".join([*large, *large[1:]]))
    post(cloud, "retrain", source)
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := model_of(cloud, "large", source)):
        if time.monotonic() > deadline:
            raise SystemExit(f"the training job made no model: {cloud.story('large', source)}")
        time.sleep(0.05)
    post(cloud, "deploy_version", *found)
    story = cloud.story("large", source)
    places = {step.get("place") for step in story["steps"]}
    assert (story["state"], JOB in places) == ("live", True), story
    _tell("a large CSV came to be a live version by the training job", began)


def by_reconcile(cloud: Cloud, python: Path) -> None:
    """A CSV whose events were all lost goes live by two runs of the reconcile job."""
    began = time.monotonic()
    source = cloud.drop("data/lost/lost.csv", (ROOT / "examples" / "iris.csv").read_bytes())
    for _ in range(2):  # the first sends the CSV's event, the second that of its model
        run_job(reconcile_part(cloud.configuration, python))
    story = cloud.story("lost", source)
    assert story["state"] == "live", story
    _tell("a CSV without events came to be a live version by the reconcile job", began)


def model_of(cloud: Cloud, model: str, source: Source) -> tuple[Source, dict[str, str]] | None:
    """The model file that a CSV became, as an event tells of it: source and metadata."""
    name = artifact.directory(model, source) + artifact.MODEL_FILE
    for meta in cloud.objects("models", name):
        if meta["name"] == name:
            at = Source(meta["bucket"], name, int(meta["generation"]), meta["timeCreated"])
            return at, meta.get("metadata", {})
    return None


def post(
    cloud: Cloud, function: str, source: Source, metadata: dict[str, str] | None = None
) -> None:
    """Send an event to a function, as Eventarc does."""
    kind = "models" if function == "deploy_version" else "data"
    sizes = {o["name"]: int(o["size"]) for o in cloud.objects(kind, source.name)}
    event = ObjectFinalized(source, sizes[source.name], metadata or {})
    body = json.dumps(event.as_data())
    status, answer = cloud.call(function, "POST", "/", body.encode(), **headers("e1", body))
    assert status == 200, (function, status, answer[:500])
    print(f"  {function} took an event")


def ask(cloud: Cloud) -> tuple[int, bytes]:
    """Two flowers, as a caller who is listed."""
    bearer = f"Bearer {cloud.token()}"
    sent = json.dumps(FLOWERS).encode()
    return cloud.call("predict", "POST", cloud.predict_path("iris"), sent, Authorization=bearer)


def refused(cloud: Cloud, urls: dict[str, str]) -> None:
    """predict's identity gets 403 from whatever changes something."""
    configuration = cloud.configuration
    token = cloud.token(configuration.email(roles.PREDICT), urls["control"])
    for method, path, body in CHANGES:
        url = f"{urls['control']}/v1/projects/{configuration.project}/{path}"
        sent = None if body is None else json.dumps(body).encode()
        bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        asked = urllib.request.Request(url, sent, bearer, method=method)
        if status_of(asked) != 403:
            raise AssertionError(f"predict may {method} {path}")
    print(f"  predict's identity: 403 from {len(CHANGES)} routes that change something")


def status_of(asked: urllib.request.Request) -> int:
    """The status of the answer, whatever it is."""
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _tell(what: str, began: float) -> None:
    print(f"{time.monotonic() - began:7.2f} s  {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
