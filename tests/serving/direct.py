"""An ASGI application called without a socket: its loop runs in a thread, as in its own process."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.asgi import Reply

SECONDS = 60


@dataclass(frozen=True)
class Direct:
    """Sends requests that seem to come over loopback."""

    application: Any
    loop: asyncio.AbstractEventLoop
    peer: str = "127.0.0.1"

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """body: bytes as they are, anything else as JSON."""
        sending = self._send(method, path, body, headers or {})
        return asyncio.run_coroutine_threadsafe(sending, self.loop).result(SECONDS)

    async def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Reply:
        data = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        parts = urlsplit(path)
        sent = {"host": "127.0.0.1", **headers}
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in sent.items()],
            "client": (self.peer, 40000),
            "server": ("127.0.0.1", 80),
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
        }
        answer: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": data, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            answer.append(message)

        await self.application(scope, receive, send)
        names = {k.decode(): v.decode("latin-1") for k, v in answer[0]["headers"]}
        return Reply(answer[0]["status"], names, b"".join(m.get("body", b"") for m in answer[1:]))


@contextmanager
def running(application: Any) -> Iterator[Direct]:
    """While the application's lifespan lasts."""
    loop = asyncio.new_event_loop()
    started, over = threading.Event(), asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete, args=[_live(application, started, over)]
    )
    thread.start()
    try:
        assert started.wait(SECONDS)
        yield Direct(application, loop)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


async def _live(application: Any, started: threading.Event, over: asyncio.Event) -> None:
    messages = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> dict[str, str]:
        name = next(messages)
        if name == "lifespan.shutdown":
            await over.wait()
        return {"type": name}

    async def send(message: dict[str, str]) -> None:
        assert message["type"].endswith(".complete"), message
        started.set()

    await application({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
