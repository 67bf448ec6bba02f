"""The object store beside the request path: new objects, without a thread."""

from __future__ import annotations

import asyncio
import contextlib
import random
from urllib.parse import quote, urlencode

from shared.core.errors import PreconditionFailed, StorageUnavailable
from shared.gcp.credentials import Tokens
from shared.gcp.http import Pool
from shared.gcp.status import Answer, storage_error

_ATTEMPTS = 3


class GoogleObjectCreator:
    """`ObjectCreator` over the JSON API of Google Cloud Storage: one request an object.

    A call that meets 429, 5xx or a broken connection is tried three times, each within `timeout`
    seconds. The precondition makes that safe: a try whose answer was lost is found to be there.
    """

    def __init__(self, url: str, tokens: Tokens, *, timeout: float = 5.0) -> None:
        self._url = url
        self._timeout = timeout
        self._pool = Pool(tokens, StorageUnavailable)

    async def create(self, bucket: str, name: str, data: bytes, content_type: str) -> None:
        """Write an object unless there is one of that name."""
        query = urlencode({"uploadType": "media", "name": name, "ifGenerationMatch": 0})
        url = f"{self._url}/upload/storage/v1/b/{quote(bucket, safe='')}/o?{query}"
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with contextlib.suppress(PreconditionFailed):
                    await self._try(url, f"gs://{bucket}/{name}", data, content_type)
                break
            except StorageUnavailable:
                if attempt == _ATTEMPTS:
                    raise
            await asyncio.sleep(random.uniform(0.02, 0.1) * 2**attempt)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def _try(self, url: str, place: str, data: bytes, content_type: str) -> None:
        reply = await self._pool.send(
            "POST", url, timeout=self._timeout, body=data, content_type=content_type
        )
        if reply.status != 200:
            raise storage_error(reply.status, f"{place}: {Answer.parse(reply.body).message}")
