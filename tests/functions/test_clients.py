"""The example clients, run as people run them, against the real thing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.web import openapi
from tests.functions.test_predict_on_local_cloud import MODEL, Live, live
from tests.npm import installed

__all__ = ["live"]

CLIENTS = Path(__file__).resolve().parent.parent.parent / "examples" / "clients"
FLOWERS = ["versicolor", "versicolor"]


def run(live: Live, *command: str, cwd: Path | None = None) -> str:
    """What a client prints, with the variables of ./run env."""
    environment = {
        **os.environ,
        "PREDICT_URL": live.cloud.configuration.url("predict"),
        "PREDICT_TOKEN": live.token,
        "GOOGLE_CLOUD_PROJECT": live.cloud.configuration.project,
    }
    done = subprocess.run(
        command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_document_that_types_are_made_from_is_the_one_that_is_served() -> None:
    kept = json.loads((CLIENTS / "openapi.json").read_text(encoding="utf-8"))
    assert kept == openapi.general("id_token")


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_curl_client_predicts(live: Live) -> None:
    assert json.loads(run(live, str(CLIENTS / "predict.sh"), MODEL))["predictions"] == FLOWERS


def test_the_python_client_predicts(live: Live) -> None:
    said = run(live, sys.executable, str(CLIENTS / "predict.py"), MODEL)
    assert json.loads(said)["predictions"] == FLOWERS


@pytest.fixture(scope="module")
def typescript() -> Path:
    """The TypeScript client's folder with what npm installs."""
    folder = installed(CLIENTS / "typescript")
    shutil.copy(CLIENTS / "openapi.json", folder.parent)
    return folder


def test_the_typescript_client_compiles_strictly_and_predicts(live: Live, typescript: Path) -> None:
    run(live, "npx", "tsc", "--strict", cwd=typescript)
    said = run(live, "node", "dist/predict.js", MODEL, cwd=typescript)
    assert json.loads(said) == {"labels": FLOWERS, "version": live.version}


def test_its_types_are_those_of_the_document(live: Live, typescript: Path) -> None:
    kept = (CLIENTS / "typescript" / "api.ts").read_text(encoding="utf-8")
    made = run(live, "npx", "openapi-typescript", "../openapi.json", cwd=typescript)
    assert made.strip() == kept.strip()
