"""The real gcloud's parser, asked about the commands that a page tells people to type."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

without_gcloud = pytest.mark.skipif(
    shutil.which("gcloud") is None, reason="there is no gcloud on PATH"
)


def refused_by_gcloud(commands: Iterable[str], folder: Path) -> list[tuple[str, str]]:
    """(command, what is wrong with it) for each that gcloud's parser does not take."""
    asked = sorted(set(commands))
    file = folder / "commands.json"
    file.write_text(json.dumps([{"command_string": text} for text in asked]), encoding="utf-8")
    done = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={file}"],
        env={
            **os.environ,
            "CLOUDSDK_CONFIG": str(folder / "gcloud"),
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert len(answers) == len(asked)
    return [(a["command_string"], a["error_message"]) for a in answers if not a["success"]]
