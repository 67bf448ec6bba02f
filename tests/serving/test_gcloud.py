"""The stock `gcloud ai-platform` against serving: a session leaves no crash and no wait."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.artifacts.writing import dump
from tests.localcloud.process import GoogleApis
from tests.serving.process import host_environment, serving, store
from tests.serving.world import iris, written

GCLOUD = shutil.which("gcloud")

pytestmark = [
    pytest.mark.gcloud,
    pytest.mark.skipif(GCLOUD is None, reason="gcloud is not on PATH: its commands were not tried"),
]
OPTIONS = ("--runtime-version=2.11", "--framework=SCIKIT_LEARN", "--python-version=3.7")


class Gcloud:
    """Runs `gcloud` commands on one local cloud."""

    def __init__(self, environment: dict[str, str], folder: Path, models: str) -> None:
        self.environment, self.folder, self.models = environment, folder, models

    def __call__(self, *words: str, fails: bool = False, told: bool = False) -> str:
        """What it prints; both streams where it fails, or where what it tells is wanted too."""
        done = subprocess.run(
            [str(GCLOUD), *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert "crash" not in done.stderr
        assert (done.returncode != 0) is fails, done.stderr
        return done.stdout + (done.stderr if fails or told else "")

    def platform(self, *words: str, fails: bool = False) -> str:
        return self("ai-platform", *words, fails=fails)


@pytest.fixture(scope="module")
def gcloud(apis: GoogleApis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gcloud]:
    configuration = apis.configuration
    folder = tmp_path_factory.mktemp("gcloud")
    with serving(configuration) as running:
        environment = host_environment() | {
            "CLOUDSDK_CONFIG": str(folder / "config"),
            "CLOUDSDK_CORE_PROJECT": configuration.project,
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
            "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
            "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
            "CLOUDSDK_AI_PLATFORM_REGION": "global",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_ML": f"http://127.0.0.1:{running.port}/",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{apis.url}/storage/v1/",
        }
        gcloud = Gcloud(environment, folder, configuration.buckets["models"])
        gcloud.platform("models", "create", "flowers", "--regions=us-central1")
        yield gcloud


@pytest.fixture(scope="module")
def origin(apis: GoogleApis, gcloud: Gcloud) -> str:
    return written(store(apis.configuration), gcloud.models, 40)


@pytest.fixture(scope="module")
def live(gcloud: Gcloud, origin: str) -> Gcloud:
    """With version v1, whose operation is done when it is answered: gcloud never asks for it, which
    it would do every five seconds."""
    create = ("versions", "create", "v1", "--model=flowers", f"--origin={origin}", *OPTIONS)
    asked = gcloud("ai-platform", *create, "--log-http", told=True)
    assert [uri.rpartition("/")[2] for uri in re.findall(r"uri: (\S+)", asked)] == [
        "versions?alt=json"
    ]
    return gcloud


def test_models_are_created_listed_described_updated_and_deleted(gcloud: Gcloud) -> None:
    gcloud.platform("models", "create", "wine", "--regions=us-central1")
    assert "wine" in gcloud.platform("models", "list")
    gcloud.platform("models", "update", "wine", "--description=red ones")
    described = gcloud.platform("models", "describe", "wine")
    assert "description: red ones" in described
    gcloud.platform("models", "delete", "wine")
    refused = gcloud.platform("models", "describe", "wine", fails=True)
    assert "NOT_FOUND" in refused


def test_a_taken_name_is_told_in_the_platforms_words(gcloud: Gcloud) -> None:
    refused = gcloud.platform("models", "create", "flowers", "--regions=us-central1", fails=True)
    assert "Field: model.name Error: A model with the same name already exists." in refused


def test_a_version_is_created_described_predicted_and_its_operation_told(
    live: Gcloud, origin: str
) -> None:
    described = live.platform("versions", "describe", "v1", "--model=flowers")
    assert f"deploymentUri: {origin}" in described
    assert "state: READY" in described
    operations = live.platform("operations", "list", "--format=value(name)").split()
    created = next(name for name in operations if "create_flowers_v1" in name)
    assert "done: true" in live.platform("operations", "describe", created)


def test_predictions_by_instances_with_windows_line_ends_and_by_request(live: Gcloud) -> None:
    (live.folder / "two.json").write_bytes(b"[6.8, 2.8, 4.8, 1.4]\r\n[6.0, 3.4, 4.5, 1.6]")
    (live.folder / "request.json").write_text('{"instances": [[5.1, 3.5, 1.4, 0.2]]}')
    instances = live.platform("predict", "--model=flowers", "--json-instances=two.json")
    assert instances.strip() == "[1, 1]"
    request = live.platform(
        "predict", "--model=flowers", "--version=v1", "--json-request=request.json"
    )
    assert request.strip() == "[0]"
    (live.folder / "short.json").write_text("[1, 2]")
    refused = live.platform("predict", "--model=flowers", "--json-instances=short.json", fails=True)
    assert "X has 2 features, but SVC is expecting 4 features as input." in refused


def test_versions_come_from_a_folder_by_way_of_a_staging_bucket(live: Gcloud) -> None:
    folder = live.folder / "notebook"
    folder.mkdir()
    (folder / "model.joblib").write_bytes(dump(iris()))
    live("storage", "buckets", "create", "gs://staging-serving")
    staged = ("--origin=notebook", "--staging-bucket=gs://staging-serving", *OPTIONS)
    live.platform("versions", "create", "v2", "--model=flowers", *staged)
    live.platform("versions", "set-default", "v2", "--model=flowers")
    listed = live.platform("versions", "list", "--model=flowers")
    assert listed.count("READY") == 2
    refused = live.platform("versions", "delete", "v2", "--model=flowers", fails=True)
    assert "FAILED_PRECONDITION" in refused
    live.platform("versions", "set-default", "v1", "--model=flowers")
    live.platform("versions", "delete", "v2", "--model=flowers")


def test_a_version_that_cannot_load_is_told_why(live: Gcloud) -> None:
    (live.folder / "bad").mkdir()
    (live.folder / "bad" / "model.joblib").write_bytes(b"no model")
    live("storage", "cp", "bad/model.joblib", f"gs://{live.models}/models/flowers/bad/")
    bad = (f"--origin=gs://{live.models}/models/flowers/bad/", *OPTIONS)
    refused = live.platform("versions", "create", "v3", "--model=flowers", *bad, fails=True)
    assert 'Bad model detected with error:  "Failed to load model' in refused
    assert "FAILED" in live.platform("versions", "list", "--model=flowers")
    live.platform("versions", "delete", "v3", "--model=flowers")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["versions", "create", "Bad-Name!", "--model=flowers"], "must start with a letter"),
        (["versions", "describe", "none", "--model=flowers"], "was not found"),
        (["versions", "list", "--model=none"], "was not found"),
        (["models", "delete", "flowers"], "Delete all of its versions first"),
        (["operations", "describe", "none"], "was not found"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_told_without_a_crash(
    live: Gcloud, origin: str, words: list[str], told: str
) -> None:
    extra: Any = [f"--origin={origin}", *OPTIONS] if "create" in words else []
    assert told in live.platform(*words, *extra, fails=True)
