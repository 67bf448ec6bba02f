"""The stock gcloud in a shell after `eval "$(./run env)"`: storage and AI Platform.

Starting gcloud takes a second, so each test is a session of commands as a person would type them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cloud import ROOT, Cloud

GCLOUD = shutil.which("gcloud")
MODEL, BUCKET, STAGING = "by_gcloud", "gs://bucket-of-gcloud", "gs://staging-of-gcloud"
LARGE = 20 << 20
PATIENCE = 5.0
"""How many times as long as `gcloud version` a command may take: one that waits takes longer,
since gcloud asks for an unfinished operation every 5 seconds, and for a dead host for 30."""

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.gcloud,
    pytest.mark.skipif(GCLOUD is None, reason="gcloud is not on PATH: its commands were not tried"),
]


@dataclass
class Gcloud:
    """Runs commands. took: seconds of each, by its words; starts: seconds of `gcloud version`,
    which does nothing, measured among them, since the machine may have more to do at times."""

    environment: dict[str, str]
    took: dict[str, float] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)

    def __call__(self, *words: str | Path) -> str:
        """The output of a command that must succeed without a traceback."""
        if len(self.took) % 5 == 0:
            self.starts.append(self._run("version")[1])
        output, self.took[" ".join(map(str, words))] = self._run(*words)
        return output

    def _run(self, *words: str | Path) -> tuple[str, float]:
        shown = " ".join(map(str, words))
        began = time.perf_counter()
        done = subprocess.run(
            [GCLOUD or "gcloud", *map(str, words)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        took = time.perf_counter() - began
        assert done.returncode == 0, f"{shown}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        assert "crashed" not in done.stderr, done.stderr
        return done.stdout, took

    def json(self, *words: str | Path) -> Any:
        """The same as JSON."""
        return json.loads(self(*words, "--format=json"))

    def ml(self, *words: str | Path) -> str:
        """`gcloud ai-platform ...`."""
        return self("ai-platform", *words)

    def assert_nothing_waited(self) -> None:
        """Every command so far against what starting gcloud costs here and now."""
        start = max(self.starts)
        slow = {words: took / start for words, took in self.took.items() if took > PATIENCE * start}
        assert not slow, f"times as long as `gcloud version` ({start:.2f} s): {slow}"


@pytest.fixture
def gcloud(environment: dict[str, str]) -> Gcloud:
    return Gcloud(environment)


def test_files_go_up_down_and_away(gcloud: Gcloud, tmp_path: Path) -> None:
    small, large, back = tmp_path / "small.csv", tmp_path / "large.bin", tmp_path / "back"
    small.write_text("a,b\n1,2\n", encoding="utf-8")
    large.write_bytes(os.urandom(LARGE))
    back.mkdir()
    gcloud("storage", "buckets", "create", BUCKET)
    gcloud("storage", "cp", small, f"{BUCKET}/data/small.csv")
    gcloud("storage", "cp", large, f"{BUCKET}/data/large.bin")
    names = [f"{BUCKET}/data/large.bin", f"{BUCKET}/data/small.csv"]
    assert sorted(gcloud("storage", "ls", f"{BUCKET}/data/").split()) == names
    assert gcloud("storage", "cat", names[1]) == "a,b\n1,2\n"
    described = gcloud.json("storage", "objects", "describe", names[0])
    assert (described["size"], described["name"]) == (LARGE, "data/large.bin")
    gcloud("storage", "cp", *names, back)
    assert (back / "large.bin").read_bytes() == large.read_bytes()
    assert (back / "small.csv").read_bytes() == small.read_bytes()
    gcloud("storage", "rm", names[1])
    gcloud("storage", "rm", "-r", BUCKET)
    assert BUCKET not in gcloud("storage", "ls")
    gcloud.assert_nothing_waited()


@pytest.fixture
def trained(cloud: Cloud, tmp_path: Path) -> tuple[str, Path]:
    """A directory that `retrain` wrote: where it lies, and its model in a folder here."""
    csv = (ROOT / "examples" / "iris.csv").read_bytes()
    story = cloud.settled("trained", cloud.drop("data/trained/iris.csv", csv))
    assert story["state"] == "live"
    directory = story["directory"].removeprefix(f"gs://{cloud.configuration.buckets['models']}/")
    model = cloud.read("models", f"{directory}model.joblib")
    assert model is not None
    folder = tmp_path / "local"
    folder.mkdir()
    (folder / "model.joblib").write_bytes(model)
    return story["directory"], folder


RUNTIME = ("--runtime-version=2.11", "--framework=SCIKIT_LEARN", "--python-version=3.7")


def test_a_model_lives_from_create_to_delete(
    gcloud: Gcloud, cloud: Cloud, trained: tuple[str, Path]
) -> None:
    uri, folder = trained
    of_model = f"--model={MODEL}"
    gcloud.ml("models", "create", MODEL)
    gcloud.ml("versions", "create", "v1", of_model, f"--origin={uri}", *RUNTIME)
    staging = f"--staging-bucket={STAGING}"
    cloud.call("googleapis", "POST", "/storage/v1/b", json.dumps({"name": STAGING[5:]}).encode())
    gcloud.ml("versions", "create", "v2", of_model, f"--origin={folder}", staging, *RUNTIME)
    assert versions(gcloud, cloud) == {"v1": True, "v2": False}
    version = gcloud.json("ai-platform", "versions", "describe", "v1", of_model)
    assert (version["state"], version["framework"]) == ("READY", "SCIKIT_LEARN")
    gcloud.ml("versions", "set-default", "v2", of_model)
    assert [last(model) for model in gcloud.json("ai-platform", "models", "list")].count(MODEL) == 1
    gcloud.ml("models", "update", MODEL, "--description=by hand")
    model = gcloud.json("ai-platform", "models", "describe", MODEL)
    assert (model["description"], last(model["defaultVersion"])) == ("by hand", "v2")
    predict(gcloud, "--json-instances", "instances.json")
    predict(gcloud, "--json-request", "request.json")
    operations = gcloud.json("ai-platform", "operations", "list")
    (operation,) = [one for one in operations if last(one).startswith(f"create_{MODEL}_v2-")]
    described = gcloud.json("ai-platform", "operations", "describe", last(operation))
    assert (described["done"], last(described["response"])) == (True, "v2")
    gcloud.ml("versions", "delete", "v1", of_model)
    gcloud.ml("versions", "delete", "v2", of_model)
    gcloud.ml("models", "delete", MODEL)
    assert MODEL not in [last(model) for model in models(cloud)]
    gcloud.assert_nothing_waited()


def test_a_training_job_runs_a_package_and_its_model_answers(gcloud: Gcloud, cloud: Cloud) -> None:
    data, models = (f"gs://{cloud.configuration.buckets[kind]}" for kind in ("data", "models"))
    job, staging = "by_gcloud_job", "gs://staging-of-jobs"
    gcloud("storage", "buckets", "create", staging)
    gcloud("storage", "cp", ROOT / "examples" / "iris.csv", f"{data}/raw/iris.csv")
    gcloud.ml(
        *("jobs", "submit", "training", job, "--region=us-central1"),
        *("--package-path", str(ROOT / "examples" / "training" / "trainer")),
        *("--module-name=trainer.task", f"--staging-bucket={staging}", "--"),
        *(f"--csv={data}/raw/iris.csv", f"--models={models}/models/{MODEL}_trained"),
    )
    gcloud.ml("jobs", "describe", job)
    gcloud.assert_nothing_waited()
    streamed = gcloud.ml("jobs", "stream-logs", job, "--polling-interval=1")
    assert "150 rows, 4 features, 3 classes" in streamed
    assert gcloud.json("ai-platform", "jobs", "describe", job)["state"] == "SUCCEEDED"
    assert job in gcloud.ml("jobs", "list")
    gcloud.ml("jobs", "cancel", job)
    assert cloud.idle()
    predict(gcloud, "--json-instances", "instances.json", model=f"{MODEL}_trained")


def versions(gcloud: Gcloud, cloud: Cloud) -> dict[str, bool]:
    """Name -> whether it is the default, as gcloud lists them; ml v1 says the same."""
    listed = gcloud.json("ai-platform", "versions", "list", f"--model={MODEL}")
    found = {last(one): bool(one.get("isDefault")) for one in listed}
    assert found == {last(one): bool(one.get("isDefault")) for one in cloud.versions(MODEL)}
    return found


def models(cloud: Cloud) -> list[dict[str, Any]]:
    path = f"/v1/projects/{cloud.configuration.project}/models?pageSize=100"
    found: list[dict[str, Any]] = json.loads(cloud.call("serving", "GET", path)[1])["models"]
    return found


def predict(gcloud: Gcloud, option: str, file: str, model: str = MODEL) -> None:
    """Both flowers are versicolor: class names in our serving as in the card's model."""
    path = ROOT / "examples" / file
    if option == "--json-instances":
        assert path.read_bytes().count(b"\r\n") == 1
        assert not path.read_bytes().endswith(b"\n")
    answer = gcloud.json("ai-platform", "predict", f"--model={model}", f"{option}={path}")
    assert answer == {"predictions": ["versicolor", "versicolor"]}


def last(resource: dict[str, Any]) -> str:
    return str(resource["name"]).rsplit("/", 1)[-1]
