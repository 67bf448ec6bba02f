"""Runs gcloud, and tells its failures apart: not there, not allowed, try again."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from deploy.failure import DeployFailure

_ABSENT = re.compile(
    r"NOT_FOUND|not found|404|does not exist|Cannot find|could not be found",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(r"\b403\b|PERMISSION_DENIED|does not have \S+ access", re.IGNORECASE)
_PASSING = re.compile(
    r"concurrent polic|ABORTED|UNAVAILABLE|RESOURCE_EXHAUSTED|Quota exceeded|try again|"
    r"status=\[(409|429|503)\]|Service account \S+ does not exist|has not been used in project|"
    r"Cannot find metric|permission to the .*service agent|while the .*propagat",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Result:
    """How one gcloud command ended."""

    code: int
    out: str
    err: str

    @property
    def absent(self) -> bool:
        """Whether it failed because the thing is not there."""
        return self.code != 0 and bool(_ABSENT.search(self.err))

    @property
    def forbidden(self) -> bool:
        """Whether it failed for want of a right."""
        return self.code != 0 and bool(_FORBIDDEN.search(self.err))

    @property
    def passing(self) -> bool:
        """Whether it failed in a way that Google Cloud gets over by itself, within a minute."""
        return self.code != 0 and bool(_PASSING.search(self.err))

    def parsed(self) -> Any:
        """Its JSON, {"text": ...} where it printed something else, None where nothing."""
        text = self.out.strip()
        try:
            return json.loads(text) if text else None
        except ValueError:
            return {"text": text}


class Runner(Protocol):
    """Runs one gcloud command."""

    def run(self, words: Sequence[str]) -> Result:
        """The words are those after `gcloud`."""


class Gcloud:
    """The gcloud on PATH, never asking questions. folder: where its commands' paths begin."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, words: Sequence[str]) -> Result:
        """Wait for it to end."""
        environment = {**os.environ, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
        program = shutil.which("gcloud")
        if program is None:
            raise DeployFailure(
                "there is no gcloud on PATH; install it: https://cloud.google.com/sdk/docs/install"
            )
        done = subprocess.run(
            [program, *words],
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)


def line(words: Sequence[str]) -> str:
    """The command as a person would type it."""
    return shlex.join(["gcloud", *words])
