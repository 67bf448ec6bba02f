"""One request to the storage API, taken apart: what was asked, by whom, with which bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive

from localcloud.storage.access import Caller
from localcloud.storage.error import ApiError, Disconnected, invalid
from localcloud.storage.fields import select
from localcloud.storage.precondition import Preconditions, integer
from localcloud.storage.resource import Stored, with_links
from localcloud.storage.store import Storage

JSON_LIMIT = 4 << 20
"""Largest JSON or batch body that is taken into memory."""


async def stream(receive: Receive) -> AsyncIterator[bytes]:
    """The request's body piece by piece. Raises Disconnected where it ends too early."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        if message.get("body"):
            yield message["body"]
        more = message.get("more_body", False)


@dataclass
class Call:
    """A request. place: the decoded parts of the path (bucket, object, ...)."""

    storage: Storage
    caller: Caller
    method: str
    query_text: str
    headers: Headers
    host: str
    body: AsyncIterator[bytes]
    place: dict[str, str] = field(default_factory=dict)

    @cached_property
    def query(self) -> dict[str, str]:
        """The query as a mapping; the last of equal keys counts."""
        return dict(parse_qsl(self.query_text, keep_blank_values=True))

    @property
    def bucket(self) -> str:
        """The bucket of the path."""
        return self.place["bucket"]

    @property
    def name(self) -> str:
        """The object name of the path, or else of the query."""
        return self.place.get("object") or self.query.get("name", "")

    @property
    def generation(self) -> int | None:
        """The generation that the caller pinned."""
        return integer(self.query, "generation")

    @property
    def preconditions(self) -> Preconditions:
        """What must hold of the object."""
        return Preconditions.of(self.query)

    async def read(self) -> bytes:
        """The whole body. Raises ApiError (413) above JSON_LIMIT."""
        pieces = bytearray()
        async for piece in self.body:
            pieces += piece
            if len(pieces) > JSON_LIMIT:
                raise ApiError(413, "Request body is too large.", "uploadTooLarge")
        return bytes(pieces)

    async def json(self) -> dict[str, Any]:
        """The body as a JSON object, {} where empty. Raises ApiError (400)."""
        return json_object(await self.read())

    def show(self, stored: Stored) -> Response:
        """An object's resource as the answer."""
        return answer(with_links(stored.resource, self.host), self.query.get("fields"))


def json_object(data: bytes) -> dict[str, Any]:
    """A JSON object, {} for no bytes. Raises ApiError (400)."""
    try:
        value = orjson.loads(data) if data.strip() else {}
    except orjson.JSONDecodeError:
        raise ApiError(400, "Parse Error", "parseError") from None
    if not isinstance(value, dict):
        raise invalid("The body must be a JSON object.")
    return value


def answer(value: Any, fields: str | None = None, status: int = 200) -> Response:
    """A JSON answer; `fields` cuts it down to what the caller asked for."""
    if fields:
        value = select(value, fields)
    return Response(orjson.dumps(value), status, media_type="application/json; charset=UTF-8")


def empty() -> Response:
    """204."""
    return Response(status_code=204)
