"""A local cloud of one's own, started and called as people do: for campaigns that may kill it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from localcloud.child import ChildCloud, start
from localcloud.configuration import DEVELOPER, Configuration
from localcloud.orphan import orphans
from shared.core import artifact, ledger
from shared.core.default import Default
from shared.core.source import Source

ROOT = Path(__file__).resolve().parent.parent


class Unreachable(Exception):
    """Nothing answered at that address (a process was killed, or is starting)."""


@dataclass
class Cloud:
    """One local cloud by its state folder. overrides: fields of Configuration."""

    state: Path
    overrides: dict[str, Any] = field(default_factory=dict)
    child: ChildCloud | None = None

    def start(self) -> None:
        """Start it and wait until it says ready."""
        self.child = start(self.state, **self.overrides)

    @property
    def supervisor(self) -> int:
        """Process id of the process that keeps the others."""
        assert self.child is not None
        return self.child.process.pid

    def died(self) -> bool:
        """Whether the supervisor is gone (and with it, soon, everything)."""
        assert self.child is not None
        return self.child.process.poll() is not None

    def processes(self) -> list[int]:
        """Every process of this local cloud but the supervisor."""
        return [process for process in orphans(self.state) if process != self.supervisor]

    def process(self, part: str) -> int:
        """Process id of a part: the first of that name."""
        for process in self.processes():
            words = (Path("/proc") / str(process) / "environ").read_bytes().split(b"\0")
            if f"K_SERVICE={part}".encode() in words:
                return process
        raise Unreachable(f"no process of {part} runs")

    @property
    def configuration(self) -> Configuration:
        """Ports, buckets, project."""
        return Configuration.load(self.state)

    def call(
        self,
        part: str,
        method: str,
        path: str,
        body: bytes | BinaryIO | None = None,
        **headers: str,
    ) -> tuple[int, bytes]:
        """One HTTP request: status and body. Raises Unreachable."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.configuration.ports[part], timeout=150
        )
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(str(error)) from error
        finally:
            connection.close()

    def drop(self, name: str, data: bytes | BinaryIO, kind: str = "data") -> Source:
        """Upload an object; its source once the store has answered. Raises Unreachable."""
        bucket = self.configuration.buckets[kind]
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(name, safe='')}"
        status, body = self.call("googleapis", "POST", path, data)
        if status != 200:
            raise Unreachable(f"HTTP {status}")
        meta = json.loads(body)
        return Source(bucket, name, int(meta["generation"]), meta["timeCreated"])

    def read(self, kind: str, name: str) -> bytes | None:
        """An object of one of the three buckets."""
        bucket = self.configuration.buckets[kind]
        path = f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media"
        status, body = self.call("googleapis", "GET", path)
        return body if status == 200 else None

    def names(self, kind: str, prefix: str) -> list[str]:
        """Names below a prefix."""
        return [item["name"] for item in self.objects(kind, prefix)]

    def objects(self, kind: str, prefix: str) -> list[dict[str, Any]]:
        """The objects below a prefix, as the store lists them."""
        bucket = self.configuration.buckets[kind]
        path = f"/storage/v1/b/{bucket}/o?maxResults=5000&prefix={quote(prefix, safe='')}"
        status, body = self.call("googleapis", "GET", path)
        if status != 200:
            raise Unreachable(f"HTTP {status}")
        items: list[dict[str, Any]] = json.loads(body).get("items", [])
        return items

    def sources(self, model: str) -> list[Source]:
        """Every CSV that lies below a model's folder."""
        bucket = self.configuration.buckets["data"]
        return [
            Source(bucket, item["name"], int(item["generation"]), item["timeCreated"])
            for item in self.objects("data", f"data/{model}/")
        ]

    def story(self, model: str, source: Source) -> dict[str, Any]:
        """The folded ledger of one drop."""
        names = self.names("state", artifact.ledger_prefix(model, artifact.drop_id(source)))
        entries = [(name, self.read("state", name)) for name in names]
        return ledger.fold(ledger.Entry.from_json(n, data) for n, data in entries if data)

    def settled(self, model: str, source: Source, timeout: float = 60) -> dict[str, Any]:
        """The folded ledger once nothing more is to come."""
        deadline = time.monotonic() + timeout
        while True:
            story = self.story(model, source)
            if story["settled"] or time.monotonic() > deadline:
                return story
            time.sleep(0.005)

    def default(self, model: str) -> Default | None:
        """The desired default."""
        data = self.read("state", artifact.default_name(model))
        return Default.from_json(data) if data else None

    def versions(self, model: str) -> list[dict[str, Any]]:
        """The versions as ml v1 lists them."""
        project = self.configuration.project
        path = f"/v1/projects/{project}/models/{model}/versions?pageSize=100"
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            status, body = self.call("serving", "GET", f"{path}&pageToken={token}")
            page = json.loads(body)
            if status != 200:
                raise Unreachable(f"HTTP {status}: {page}")
            found += page.get("versions", [])
            token = page.get("nextPageToken", "")
            if not token:
                return found

    def recover(self, timeout: float = 60) -> None:
        """Wait until every part answers again. Raises Unreachable."""
        deadline = time.monotonic() + timeout
        for part in ("googleapis", "serving", "retrain", "deploy_version", "predict"):
            while True:
                try:
                    self.call(part, "GET", "/robots.txt")
                    break
                except Unreachable:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)

    def idle(self, timeout: float = 120) -> bool:
        """Wait until no event is under way."""
        status, _ = self.call("googleapis", "GET", f"/_local/eventarc/idle?timeout={timeout}")
        return status == 200

    def token(self, email: str = DEVELOPER, audience: str | None = None) -> str:
        """An ID token, by default the one that predict takes."""
        aud = quote(audience or self.configuration.url("predict"), safe="")
        path = f"/_local/identity?email={quote(email)}&audience={aud}"
        token: str = json.loads(self.call("googleapis", "GET", path)[1])["token"]
        return token

    def predict_path(self, model: str) -> str:
        """The path of the predict call for a model's default."""
        return f"/v1/projects/{self.configuration.project}/models/{model}:predict"


@contextmanager
def local_cloud(state: Path, **overrides: Any) -> Iterator[Cloud]:
    """A started local cloud; ended, whatever happened, when the block ends."""
    cloud = Cloud(state.resolve(), overrides)
    cloud.start()
    try:
        yield cloud
    finally:
        if cloud.child is not None and not cloud.died():
            cloud.child.stop()


def kill(*processes: int) -> None:
    """kill -9; one that is gone already is fine."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
