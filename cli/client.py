"""HTTP for the verbs: the standard library's client, because it is there at once."""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from cli.failure import Failure

TIMEOUT = 60.0
CHUNK = 1 << 20


class Refused(Failure):
    """The other side answered with an error. status: HTTP; body: as sent."""

    def __init__(self, message: str, status: int, body: bytes) -> None:
        super().__init__(message)
        self.status = status
        self.body = body


def call(
    method: str,
    url: str,
    body: bytes | Iterable[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[bytes, Mapping[str, str]]:
    """One request: the answer's body and headers. Raises Refused, or Failure for no answer."""
    with _answer(method, url, body, headers or {}) as answer:
        return answer.read(), dict(answer.headers.items())


@contextmanager
def _answer(
    method: str, url: str, body: bytes | Iterable[bytes] | None, headers: Mapping[str, str]
) -> Iterator[http.client.HTTPResponse]:
    """A good answer, its body not read yet. Raises Refused, or Failure for no answer."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(parts.netloc, timeout=TIMEOUT)
    try:
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        connection.request(method, path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        if answer.status >= 400:
            content = answer.read()
            raise Refused(f"{reason(content)} (HTTP {answer.status})", answer.status, content)
        yield answer
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"no answer from {parts.scheme}://{parts.netloc}: {error}") from error
    finally:
        connection.close()


def call_json(method: str, url: str, body: Any = None, **headers: str) -> Any:
    """The same with JSON both ways."""
    sent = None if body is None else json.dumps(body).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    return json.loads(call(method, url, sent, {**kind, **headers})[0] or b"null")


def nobody() -> dict[str, str]:
    """A local cloud takes calls without a token for those of the person at the keyboard."""
    return {}


@dataclass(frozen=True)
class Service:
    """One service as a person calls it.

    url: where it answers; proof: headers that say who calls, asked for anew with each call;
    denied: gives what to do about a 401 or 403, from its message, to stand behind it.
    """

    url: str
    proof: Callable[[], Mapping[str, str]] = nobody
    denied: Callable[[str], str] = lambda _: ""

    def call(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[bytes, Mapping[str, str]]:
        """One request below the address: the answer's body and headers. Raises as `call`."""
        with self._told(), self._answer(method, path, body, headers or {}) as answer:
            return answer.read(), dict(answer.headers.items())

    def call_json(self, method: str, path: str, body: Any = None) -> Any:
        """The same with JSON both ways."""
        sent = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        return json.loads(self.call(method, path, sent, kind)[0] or b"null")

    def fetch(self, path: str, file: BinaryIO) -> None:
        """GET into a file, in constant memory. Raises as `call`."""
        with self._told(), self._answer("GET", path, None, {}) as answer:
            shutil.copyfileobj(answer, file, CHUNK)

    def _answer(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None,
        headers: Mapping[str, str],
    ) -> AbstractContextManager[http.client.HTTPResponse]:
        return _answer(method, f"{self.url}{path}", body, {**headers, **self.proof()})

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Behind a refusal for want of a right stands what to do about it."""
        try:
            yield
        except Refused as refused:
            if refused.status not in (401, 403):
                raise
            told = f"{refused}{self.denied(str(refused))}"
            raise Refused(told, refused.status, refused.body) from None


def reason(content: bytes) -> str:
    """The sentence in an error's body: problem+json, a google.rpc error, or text."""
    try:
        value = json.loads(content)
    except ValueError:
        text = content.decode(errors="replace").strip()
        return "no reason given" if text[:1] in ("", "<") else text[:300]  # a page, or nothing
    if not isinstance(value, dict):
        return str(value)[:300]
    error = value.get("error")
    inner = error.get("message") if isinstance(error, dict) else error
    said = str(value.get("detail") or inner or value.get("title") or value)[:600]
    faults = value.get("errors") or []
    return "\n  ".join([said, *(f"{f.get('pointer')}: {f.get('message')}" for f in faults[:20])])
