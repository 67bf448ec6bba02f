"""The process under test, `python -m localcloud.googleapis`, as the supervisor starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from localcloud.configuration import Configuration
from localcloud.port import choose

ROOT = Path(__file__).resolve().parent.parent.parent
FLAVOR = {"Metadata-Flavor": "Google"}
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def call(
    url: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    method: str | None = None,
    timeout: float = 30,
) -> Answer:
    """One HTTP request. A body that is not bytes goes as JSON; refusals are answers too."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, dict(headers or {}), method=method)
    try:
        with _DIRECT.open(request, timeout=timeout) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


class GoogleApis:
    """One such process and its configuration; it can be killed and started again."""

    def __init__(self, state: Path, **configured: Any) -> None:
        state.mkdir(parents=True, exist_ok=True)
        configured = {"functions": ("retrain", "deploy_version")} | configured
        self.configuration = Configuration(str(state), choose(0, {}), **configured)
        self.configuration.save()
        self.url = self.configuration.url("googleapis")
        self.output = state / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> GoogleApis:
        command = [sys.executable, "-m", "localcloud.googleapis"]
        with self.output.open("wb") as output:  # no pipe: it would fill, since nobody reads it
            self.process = subprocess.Popen(
                [*command, "--state", self.configuration.state],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up and self.process.poll() is None:
            try:
                assert call(f"{self.url}/_local/ready").status == 200
                return self
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"it did not start: {self.end()}")

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send the signal; returns exit code and output."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.process = None
        return code, self.output.read_text(encoding="utf-8")

    def put(self, bucket: str, name: str, data: bytes = b"a,b\n1,2\n") -> dict[str, Any]:
        """Upload as the person at the keyboard does; returns the object's resource."""
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(name, safe='')}"
        answer = call(self.url + path, data, {"Content-Type": "text/csv"})
        assert answer.status == 200, answer.text
        resource: dict[str, Any] = answer.json
        return resource

    def idle(self, timeout: float = 20) -> None:
        answer = call(f"{self.url}/_local/eventarc/idle?timeout={timeout}", timeout=timeout + 5)
        assert answer.status == 200, answer.text

    def account_environment(self, account: str) -> dict[str, str]:
        """What a process that runs as the account has in its environment."""
        kept = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
        kept.pop("GOOGLE_APPLICATION_CREDENTIALS", None)
        own = self.configuration.account_environment(account)
        return {**kept, **own, "CLOUDSDK_CONFIG": self.configuration.state}

    def metadata(self, account: str, path: str, headers: Mapping[str, str] = FLAVOR) -> Answer:
        port = self.configuration.ports[f"metadata-{account}"]
        return call(f"http://127.0.0.1:{port}{path}", headers=headers)


@contextmanager
def googleapis(state: Path, **configured: Any) -> Iterator[GoogleApis]:
    """A running one, ended afterwards whatever happens."""
    running = GoogleApis(state, **configured).start()
    try:
        yield running
    finally:
        if running.process is not None:
            running.end(signal.SIGKILL)
