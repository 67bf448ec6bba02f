"""What a reader of a post from 2019 types and sees: docs/23-migrating.md, word for word."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import pytest
import sklearn.base
from sklearn.datasets import load_iris
from sklearn.svm import SVC

from benchmarks.cloud import ROOT, Cloud
from serving.unoffered import refusal_for

PAGE = (ROOT / "docs" / "23-migrating.md").read_text(encoding="utf-8")
TOLD = " ".join(PAGE.replace("\n> ", " ").split())
ROWS = list(csv.reader((ROOT / "examples" / "iris.csv").read_text(encoding="utf-8").splitlines()))
FLOWER = [6.8, 2.8, 4.8, 1.4]
GCLOUD = shutil.which("gcloud")
GCLOUD_ONLY = pytest.mark.skipif(GCLOUD is None, reason="gcloud is not on PATH")


def told(message: str) -> str:
    """A message that the page shows; the test goes on with it."""
    assert message in TOLD, f"docs/23-migrating.md does not show: {message}"
    return message


def gcloud(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """`gcloud ai-platform ...` in that shell."""
    command = [GCLOUD or "gcloud", "ai-platform", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def dropped(cloud: Cloud, model: str, text: str) -> dict[str, Any]:
    """How the drop of a CSV ended."""
    return cloud.settled(model, cloud.drop(f"data/{model}/iris.csv", text.encode()))


def findings(story: dict[str, Any], step: str) -> str:
    """What a step of the story found, as text."""
    (found,) = [each for each in story["steps"] if each["step"] == step]
    return json.dumps(found)


def test_training_jobs_are_answered_by_the_local_cloud_alone() -> None:
    body = refusal_for("POST", "/v1/projects/my-project/jobs").body()
    assert told("The method projects.jobs.create is not answered here.") in str(body)


def asked(
    cloud: Cloud, model: str, instances: list[Any], bearer: str | None = None
) -> tuple[int, dict[str, Any]]:
    """What predict answers; bearer: "" sends none."""
    token = cloud.token() if bearer is None else bearer
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = json.dumps({"instances": instances}).encode()
    path = f"/v1/projects/my-project/models/{model}:predict"
    status, answer = cloud.call("predict", "POST", path, body, **headers)
    return status, json.loads(answer)


@pytest.fixture(scope="module")
def kaggle(cloud: Cloud) -> dict[str, Any]:
    """The story of Kaggle's file."""
    lines = ["Id,SepalLengthCm,SepalWidthCm,PetalLengthCm,PetalWidthCm,Species"]
    for number, (*values, label) in enumerate(ROWS[1:], 1):
        lines.append(",".join([str(number), *values, f"Iris-{label}"]))
    return dropped(cloud, "kaggle", "\n".join(lines) + "\n")


def test_iris_without_a_header_is_refused_with_the_line_that_mends_it(
    cloud: Cloud, tmp_path: Path
) -> None:
    text = "".join(f"{','.join(row[:4])},Iris-{row[4]}\n" for row in ROWS[1:])
    story = dropped(cloud, "headerless", text)
    assert story["state"] == "refused"
    found = findings(story, "refused")
    assert "header_numeric" in found
    assert told("the first row reads like data, not like names") in found
    (mend,) = re.findall(r"^    (\(echo .*)$", PAGE, re.MULTILINE)
    assert mend in found.replace("FILE.csv", "iris.csv")
    (tmp_path / "iris.csv").write_text(text, encoding="utf-8")
    subprocess.run(mend, shell=True, cwd=tmp_path, check=True)
    mended = (tmp_path / "mended.csv").read_text(encoding="utf-8")
    assert dropped(cloud, "headerless", mended)["state"] == "live"


def test_a_name_that_is_no_csv_is_told(cloud: Cloud, tmp_path: Path) -> None:
    assert told("A name that does not end in `.csv`")
    file = tmp_path / "iris.data"
    file.write_text("1,2\n", encoding="utf-8")
    words = ["-m", "cli", "drop", str(file), "--state", str(cloud.state)]
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "does not end in .csv" in done.stderr


def test_the_id_of_kaggles_file_is_left_out_with_a_warning(
    cloud: Cloud, kaggle: dict[str, Any]
) -> None:
    assert kaggle["state"] == "live"
    found = findings(kaggle, "trained")
    assert '"id_column"' in found
    assert told("looks like an identifier; left out of the features") in found
    status, answer = asked(cloud, "kaggle", [FLOWER])
    assert (status, answer["predictions"]) == (200, [told("Iris-versicolor")])
    status, answer = asked(cloud, "kaggle", [[1, *FLOWER]])
    assert status == 400
    names = "SepalLengthCm, SepalWidthCm, PetalLengthCm, PetalWidthCm"
    assert told(f"has 5 values, the model takes 4: {names}") in json.dumps(answer)


def test_an_access_token_is_told_what_belongs_there(cloud: Cloud, kaggle: dict[str, Any]) -> None:
    status, answer = asked(cloud, "kaggle", [FLOWER], "ya29.a0AfH6SMBx")
    assert status == 401
    message = "This is an access token, an ID token belongs here. Send an ID token: gcloud auth"
    assert answer["detail"].startswith(told(message))
    assert "--audiences=" in answer["detail"]
    status, answer = asked(cloud, "kaggle", [FLOWER], "")
    assert (status, answer["detail"]) == (
        401,
        told("No token came. Send the header Authorization: Bearer <ID token>."),
    )


def test_a_model_that_is_not_there_is_told(cloud: Cloud) -> None:
    status, answer = asked(cloud, "nobody_dropped_it", [FLOWER])
    assert (status, answer["detail"]) == (
        404,
        told("No version of a model of that name is live."),
    )


@pytest.fixture(scope="module")
def iris(cloud: Cloud) -> str:
    """The directory of a live model `iris`."""
    csv_text = (ROOT / "examples" / "iris.csv").read_text(encoding="utf-8")
    story = dropped(cloud, "iris", csv_text)
    assert story["state"] in ("live", "ready")
    return str(story["directory"])


def test_curl_and_googles_client_work_as_the_page_has_them(
    iris: str, environment: dict[str, str], tmp_path: Path
) -> None:
    (curl,) = re.findall(r"^    (curl .*:predict.*)$", PAGE, re.MULTILINE)
    done = subprocess.run(
        curl, shell=True, env=environment, capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert set(answer) == {"predictions", told("model_version"), told("kind")}
    code = PAGE.partition("    import os\n")
    program = "import os\n" + code[2].partition("\n\n**")[0].replace("\n    ", "\n")
    program = program.replace("my-project", environment["GOOGLE_CLOUD_PROJECT"])
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str({"predictions": answer["predictions"]})


def test_postmans_collection_is_saved_as_the_page_says(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (curl,) = re.findall(r"^    (curl .*postman.*)$", PAGE, re.MULTILINE)
    subprocess.run(curl, shell=True, env=environment, cwd=tmp_path, check=True)
    saved = json.loads((tmp_path / "dropserve.postman.json").read_text(encoding="utf-8"))
    assert "token" in {each["key"] for each in saved["variable"]}


def old_models() -> tuple[bytes, bytes]:
    """An SVC as scikit-learn 0.20.3 wrote it: its class's place then, and its place now."""
    features, classes = load_iris(return_X_y=True)
    kept = sklearn.base.__version__
    sklearn.base.__version__ = "0.20.3"  # what an estimator writes into its state
    try:
        stream = io.BytesIO()
        joblib.dump(SVC(gamma="auto").fit(features, classes), stream, protocol=2)
    finally:
        sklearn.base.__version__ = kept
    now = stream.getvalue()
    place = b"csklearn.svm._classes\nSVC\n"
    assert now.count(place) == 1
    return now.replace(place, b"csklearn.svm.classes\nSVC\n"), now


@pytest.mark.parametrize(
    ("which", "message"),
    [
        (
            0,
            "the model file names sklearn.svm.classes.SVC, which scikit-learn 1.6.1 keeps in "
            "another place: another version made it; fit it again with scikit-learn==1.6.1",
        ),
        (
            1,
            "the model was made with scikit-learn 0.20.3, and 1.6.1 serves here: fit it again with "
            "scikit-learn==1.6.1",
        ),
    ],
)
def test_a_model_of_scikit_learn_0_20_takes_no_traffic(
    cloud: Cloud, which: int, message: str
) -> None:
    model = f"old_{which}"
    name = f"models/{model}/by_hand/model.joblib"
    story = cloud.settled(model, cloud.drop(name, old_models()[which], "models"))
    assert story["state"] == "failed"
    assert told(message) in findings(story, "failed")
    assert cloud.default(model) is None


@pytest.mark.gcloud
@GCLOUD_ONLY
def test_a_region_goes_before_the_hosts_name(
    iris: str, environment: dict[str, str], tmp_path: Path
) -> None:
    """It would try for half a minute: what it says first is enough."""
    told("any of them with `--region us-central1`")
    words = ["versions", "list", "--model", "iris"]
    with subprocess.Popen(
        [GCLOUD or "gcloud", "ai-platform", *words, "--region", "us-central1"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        assert started.stderr
        first = started.stderr.readline()
        started.kill()
    assert first.startswith(told("Using endpoint [http://us-central1-127.0.0.1"))
    done = gcloud(environment, *words, "--region", "global")
    assert done.returncode == 0, done.stderr


@pytest.mark.gcloud
@GCLOUD_ONLY
def test_the_commands_of_2019_make_a_version_and_ask_it(
    iris: str, environment: dict[str, str], tmp_path: Path
) -> None:
    made = gcloud(environment, "models", "create", "of_2019", "--regions", "us-central1")
    assert told("Created ai platform model") in made.stderr
    (typed,) = re.findall(r"`(versions create v1 [^`]*)`", PAGE)
    words = typed.replace("gs://...", iris).replace("--model iris", "--model of_2019").split()
    done = gcloud(environment, *words)
    assert done.returncode == 0, done.stderr
    lines = tmp_path / "lines.json"
    lines.write_text(json.dumps(FLOWER) + "\n", encoding="utf-8")
    told("`--json-instances lines.json`")
    done = gcloud(environment, "predict", "--model", "of_2019", "--json-instances", str(lines))
    assert "versicolor" in done.stdout, done.stderr


@pytest.mark.gcloud
@GCLOUD_ONLY
def test_a_job_that_predicts_is_told_that_there_is_none(
    iris: str, environment: dict[str, str]
) -> None:
    words = ["--model", "iris", "--input-paths", "gs://x/y", "--output-path", "gs://x/z"]
    words += ["--data-format", "text", "--region", "us-central1"]
    done = gcloud(environment, "jobs", "submit", "prediction", "of_2019", *words)
    assert done.returncode == 1
    assert told("batch prediction jobs are not answered here") in done.stderr
