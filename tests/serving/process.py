"""`python -m serving` as a process of its own, on the local cloud's storage and metadata server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from localcloud.configuration import Configuration
from localcloud.part import base_environment
from shared.core import roles
from shared.core.ports import ObjectStore
from shared.gcp.credentials import anonymous_credentials
from shared.gcp.storage import GoogleObjectStore
from tests.asgi import Client
from tests.serving.world import Api

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Serving:
    """A running process."""

    process: subprocess.Popen[str]
    port: int
    project: str

    @property
    def api(self) -> Api:
        return Api(Client(self.port), project=self.project)

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal and wait; the exit code."""
        self.process.send_signal(by)
        return self.process.wait(30)


def environment(configuration: Configuration, **settings: str) -> dict[str, str]:
    """As the supervisor starts it, on any free port."""
    return {
        **base_environment(Path(configuration.state)),
        **configuration.settings(),
        **configuration.account_environment("serving"),
        "SERVING_CONTROL_ACCOUNT": configuration.email(roles.SERVING_CONTROL),
        "PORT": "0",
        **settings,
    }


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start it; its standard output is a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "serving"],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def serving(configuration: Configuration, **settings: str) -> Iterator[Serving]:
    """One process while it listens."""
    process = start(environment(configuration, **settings))
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line, process.stderr and process.stderr.read()
        yield Serving(process, json.loads(line)["port"], configuration.project)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def store(configuration: Configuration) -> ObjectStore:
    """The real storage, as the person at the keyboard."""
    url = configuration.url("googleapis")
    return GoogleObjectStore(url, configuration.project, anonymous_credentials())


def host_environment() -> dict[str, str]:
    """This process's own, without what gcloud was told elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CLOUDSDK_")}
