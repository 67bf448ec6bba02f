"""What cannot start says why in one line that a search for errors in the log finds."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from deploy.stage import ROOT

STARTED = {
    "shared.reconcile": (),
    "shared.job": ("gs://models/models/iris/model_1/inputs.json",),
    "shared.batch_job": ("gs://state/predictions/iris/1/request.json",),
    "serving": (),
}


@pytest.mark.parametrize("module", STARTED)
def test_without_its_settings_it_says_so_as_an_error_and_ends(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *STARTED[module]],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "KEEP_VERSIONS": "many"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert done.stderr == ""
    (line,) = (json.loads(text) for text in done.stdout.splitlines())
    assert (line["severity"], line["code"]) == ("ERROR", "settings")
    assert "DATA_BUCKET is missing" in line["message"]
    assert "KEEP_VERSIONS='many': must be a whole number" in line["message"]
