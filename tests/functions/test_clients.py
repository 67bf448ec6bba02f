"""The example clients, run as people run them, against the real thing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import pytest

from shared.web import openapi
from tests.address import answering
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


class Proofs(BaseHTTPRequestHandler):
    """Answers like predict, and keeps by what each caller proved who it is."""

    seen: ClassVar[list[tuple[str | None, str | None]]] = []

    def do_POST(self) -> None:
        self.seen.append((self.headers["X-API-Key"], self.headers["Authorization"]))
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"predictions": []}')

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_a_client_with_a_key_sends_it_and_no_token() -> None:
    clients = ([CLIENTS / "predict.sh"], [sys.executable, CLIENTS / "predict.py"])
    with answering(Proofs) as url:
        told = {"PREDICT_URL": url, "PREDICT_KEY": "dsk_1", "GOOGLE_CLOUD_PROJECT": "p"}
        for client in clients:
            subprocess.run(client, env=os.environ | told, check=True, capture_output=True)
    assert Proofs.seen == [("dsk_1", None)] * 2


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
