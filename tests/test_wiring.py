"""Settings become adapters: once, at the first call, with no more imported than is needed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared import wiring
from shared.core.setting import SettingsError

ENVIRONMENT = {
    "GOOGLE_CLOUD_PROJECT": "p",
    "DATA_BUCKET": "d",
    "MODELS_BUCKET": "m",
    "STATE_BUCKET": "s",
    "PREDICT_AUTH": "id_token",
    "AUDIENCE": "http://127.0.0.1:3",
    "ALLOWED_CALLERS": "a@b.example",
    "GCE_METADATA_HOST": "127.0.0.1:1",
    "AI_PLATFORM_URL": "http://127.0.0.1:2",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    wiring.reset()
    yield monkeypatch
    wiring.reset()


@pytest.mark.parametrize(
    "name",
    ["settings", "object_store", "object_reader", "platform", "predictor", "authenticator"],
)
def test_each_part_is_made_once_for_the_process_whoever_asks(name: str) -> None:
    gate = threading.Barrier(8)

    def ask(_: int) -> object:
        gate.wait()
        return getattr(wiring, name)()

    with ThreadPoolExecutor(8) as pool:
        assert len({id(part) for part in pool.map(ask, range(8))}) == 1


def test_a_setting_that_is_missing_is_told_at_the_first_use(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv("STATE_BUCKET")
    with pytest.raises(SettingsError, match="STATE_BUCKET"):
        wiring.object_store()
    environment.setenv("STATE_BUCKET", "s")
    wiring.object_store()


@pytest.mark.parametrize("kind", ["id", "access"])
def test_the_kind_of_token_is_a_setting(kind: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AI_PLATFORM_TOKEN", kind)
    found = wiring._credentials(wiring.settings(), wiring._Process(), "http://127.0.0.1:2")
    assert type(found).__name__ == {"id": "IdCredentials", "access": "AccessCredentials"}[kind]


@pytest.mark.parametrize("platform", ["cloud-run", "vertex-ai"])
def test_the_request_path_loads_neither_google_cloud_storage_nor_the_api_client(
    platform: str,
) -> None:
    script = (
        "import sys; from shared import wiring; "
        "wiring.object_reader(), wiring.predictor(), wiring.authenticator(); "
        "print(*(m for m in ('requests', 'httplib2', 'googleapiclient', 'google.cloud.storage', "
        "'google.api_core', 'numpy') if m in sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **ENVIRONMENT, "PLATFORM": platform},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == ""


def test_vertex_ai_is_chosen_by_a_setting(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PLATFORM", "vertex-ai")
    environment.setenv("REGION", "europe-west4")
    assert type(wiring.platform()).__name__ == "VertexPlatform"
    assert type(wiring.predictor()).__name__ == "VertexPredictor"
    assert wiring.settings().vertex_url == "https://europe-west4-aiplatform.googleapis.com"
