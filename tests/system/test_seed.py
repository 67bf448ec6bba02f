"""The seed's way of working: an upload by any of Google's clients is all that it takes."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import joblib
import pytest
from sklearn.datasets import load_iris
from sklearn.svm import SVC

from benchmarks.cloud import ROOT, Cloud
from shared.core.artifact import version_name
from shared.core.source import Source

IRIS = ROOT / "examples" / "iris.csv"
FLOWERS = [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]
REWRITTEN = 2
"""Writes of a drop that replace an object: the version goes from CREATING to READY, and one more
where the default moves."""
GCLOUD = shutil.which("gcloud")

UPLOAD = """
import sys
from google.cloud import storage
bucket, name, file = sys.argv[1:]
storage.Client().bucket(bucket).blob(name).upload_from_filename(file)
"""


def assert_live(cloud: Cloud, model: str, name: str) -> Source:
    """The object's version becomes the live default, with nobody doing anything more."""
    (source,) = [one for one in cloud.sources(model) if one.name == name]
    assert cloud.settled(model, source)["state"] == "live"
    default = cloud.default(model)
    assert default is not None
    assert default.version == version_name(source)
    assert predict(cloud, model) == ["versicolor", "versicolor"]
    return source


def predict(cloud: Cloud, model: str) -> list[Any]:
    """What the predict function says of the two flowers."""
    body = json.dumps({"instances": FLOWERS}).encode()
    bearer = f"Bearer {cloud.token()}"
    path = cloud.predict_path(model)
    status, answer = cloud.call("predict", "POST", path, body, Authorization=bearer)
    assert status == 200, answer
    predictions: list[Any] = json.loads(answer)["predictions"]
    return predictions


@pytest.mark.gcloud
@pytest.mark.skipif(GCLOUD is None, reason="gcloud is not on PATH: its commands were not tried")
def test_gcloud_storage_cp_alone_leads_to_a_live_default(
    cloud: Cloud, environment: dict[str, str]
) -> None:
    target = f"gs://{environment['DATA_BUCKET']}/data/copied/iris.csv"
    words = [GCLOUD or "", "storage", "cp", str(IRIS), target]
    subprocess.run(words, env=environment, capture_output=True, check=True)
    assert_live(cloud, "copied", "data/copied/iris.csv")


def test_googles_python_client_alone_leads_to_a_live_default(
    cloud: Cloud, environment: dict[str, str]
) -> None:
    """It knows no address but that of STORAGE_EMULATOR_HOST, and no credentials."""
    name = "data/uploaded/iris.csv"
    words = [sys.executable, "-c", UPLOAD, environment["DATA_BUCKET"], name, str(IRIS)]
    subprocess.run(words, env=environment, capture_output=True, check=True)
    assert_live(cloud, "uploaded", name)


@pytest.fixture
def one_bucket(start: Callable[..., Cloud]) -> Cloud:
    """A local cloud where data, models and state lie in one bucket."""
    return start(buckets=dict.fromkeys(("data", "models", "state"), "everything"))


def invocations(cloud: Cloud) -> int:
    """Function invocations so far, once no event is under way."""
    assert cloud.idle()
    told = json.loads(cloud.call("googleapis", "GET", "/_local/eventarc/statistics")[1])
    assert (told["failed"], told["dead"], told["pending"]) == (0, 0, 0)
    return int(told["delivered"])


def test_one_bucket_holds_everything_without_a_loop(one_bucket: Cloud) -> None:
    """And `data/data.csv` is the default model's.

    Each write wakes each function of events once, and nothing that they write wakes them more.
    """
    source = one_bucket.drop("data/data.csv", IRIS.read_bytes())
    assert one_bucket.settled("iris", source)["state"] == "live"
    assert predict(one_bucket, "iris") == ["versicolor", "versicolor"]
    first = invocations(one_bucket)
    triggers = len(one_bucket.configuration.triggers)
    assert first <= triggers * (len(one_bucket.objects("data", "")) + REWRITTEN)
    again = one_bucket.drop("data/data.csv", IRIS.read_bytes())
    assert one_bucket.settled("iris", again)["state"] == "live"
    assert invocations(one_bucket) - first <= first
    assert len(one_bucket.versions("iris")) == 2


def test_a_model_that_was_made_by_hand_becomes_a_version(cloud: Cloud) -> None:
    features, classes = load_iris(return_X_y=True)
    names = [("setosa", "versicolor", "virginica")[number] for number in classes]
    stream = io.BytesIO()
    joblib.dump(SVC(gamma="auto").fit(features.tolist(), names), stream)
    name = "models/made/by_hand/model.joblib"
    source = cloud.drop(name, stream.getvalue(), "models")
    assert cloud.settled("made", source)["state"] == "live"
    (version,) = cloud.versions("made")
    assert version["name"].endswith(f"/{version_name(source)}")
    assert version["deploymentUri"].endswith("/models/made/by_hand/")
    assert predict(cloud, "made") == ["versicolor", "versicolor"]
