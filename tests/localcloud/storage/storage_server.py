"""A local storage that answers real HTTP on a port of its own, and Google's client for it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage as google_storage
from starlette.applications import Starlette

from localcloud.storage import Access, Storage, admin_routes, routes
from shared.core import roles

PROJECT = "dropserve-local"
BUCKETS = {"data": "data-bkt", "models": "models-bkt", "state": "state-bkt"}


def authorize(headers: Mapping[str, str]) -> str | None:
    """The token is the e-mail itself; `bad` is no token."""
    token = headers.get("authorization", "").removeprefix("Bearer ")
    if token == "bad":
        raise PermissionError
    return token or None


@dataclass
class Answer:
    """A raw HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    """A running local storage; `finalized` counts the calls of on_finalized."""

    storage: Storage
    port: int
    finalized: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> google_storage.Client:
        return google_storage.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": self.url},
        )

    def request(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request as it stands, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            headers = {key.lower(): value for key, value in answer.getheaders()}
            return Answer(answer.status, headers, answer.read())
        finally:
            connection.close()

    def put(self, bucket: str, name: str, body: bytes, query: str = "", **headers: str) -> Answer:
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}{query}"
        return self.request("POST", path, body, headers)

    def events(self) -> list[dict[str, Any]]:
        rows = self.storage.database.execute("SELECT event FROM outbox ORDER BY id")
        return [json.loads(event) for (event,) in rows]


@contextmanager
def serving(root: Path, grants: tuple[roles.Grant, ...] = roles.GRANTS) -> Iterator[Server]:
    """A server over that folder, in a thread."""
    finalized: list[int] = []
    storage = Storage(root, on_finalized=lambda: finalized.append(1))
    access = Access(PROJECT, BUCKETS, grants, storage.switches)
    app = Starlette(routes=[*routes(storage, authorize, access), *admin_routes(storage)])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Server(storage, listener.getsockname()[1], finalized)
        finally:
            server.should_exit = True
            thread.join()
            storage.close()
