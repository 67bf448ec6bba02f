"""The object store on the request path: reads and listings, without a thread."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

from shared.core.errors import InvalidRequest, StorageUnavailable
from shared.core.ports import Fetched
from shared.gcp.connection import Reply
from shared.gcp.credentials import Tokens
from shared.gcp.http import Pool
from shared.gcp.status import Answer, storage_error

_ATTEMPTS = 3


class GoogleObjectReader:
    """`ObjectReader` over the JSON API of Google Cloud Storage.

    A call that meets 429, 5xx or a broken connection is tried three times within `timeout`
    seconds in all.
    """

    def __init__(self, url: str, tokens: Tokens, *, timeout: float = 5.0) -> None:
        self._url = url
        self._timeout = timeout
        self._pool = Pool(tokens, StorageUnavailable)

    async def fetch(
        self, bucket: str, name: str, *, if_generation_not_match: int | None = None
    ) -> Fetched:
        """The live object, or data=None where it still is that generation: one request."""
        query = "alt=media"
        if if_generation_not_match is not None:
            query += f"&ifGenerationNotMatch={if_generation_not_match}"
        reply = await self._get(bucket, name, query)
        if reply.status == 304 and if_generation_not_match is not None:
            return Fetched(None, if_generation_not_match)
        _check(reply, f"gs://{bucket}/{name}")
        with _readable(f"gs://{bucket}/{name}"):
            return Fetched(reply.body, int(reply.headers["x-goog-generation"]))

    async def metadata(self, bucket: str, name: str) -> Fetched:
        """Generation and custom metadata: one request."""
        reply = await self._get(bucket, name, "fields=generation,metadata")
        with _readable(f"gs://{bucket}/{name}"):
            facts = json.loads(reply.body)
            return Fetched(None, int(facts["generation"]), dict(facts.get("metadata") or {}))

    async def names(self, bucket: str, prefix: str) -> list[str]:
        """Names below a prefix: one request for each thousand."""
        place, found, page = f"gs://{bucket}/{prefix}", [], ""
        while True:
            query = {"prefix": prefix, "fields": "items(name),nextPageToken"}
            asked = urlencode(query | ({"pageToken": page} if page else {}))
            url = f"{self._url}/storage/v1/b/{quote(bucket, safe='')}/o?{asked}"
            reply = await self._in_time(url, place)
            with _readable(place):
                answer = json.loads(reply.body)
                found += [str(item["name"]) for item in answer.get("items", ())]
                page = answer.get("nextPageToken", "")
            if not page:
                return found

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def _get(self, bucket: str, name: str, query: str) -> Reply:
        place = f"gs://{bucket}/{name}"
        try:
            url = f"{self._url}/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}"
        except UnicodeEncodeError as error:
            raise InvalidRequest(f"{place!r} cannot be an object's name: {error}") from error
        return await self._in_time(f"{url}?{query}", place)

    async def _in_time(self, url: str, place: str) -> Reply:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._tried(url, place)
        except TimeoutError as error:
            raise StorageUnavailable(f"{place}: no answer in {self._timeout:g} s") from error

    async def _tried(self, url: str, place: str) -> Reply:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                reply = await self._pool.send("GET", url, timeout=self._timeout)
                if reply.status in (200, 304):
                    return reply
                message = Answer.parse(reply.body).message
                raise storage_error(reply.status, f"{place}: {message}")
            except StorageUnavailable:
                if attempt == _ATTEMPTS:
                    raise
            await asyncio.sleep(random.uniform(0.02, 0.1) * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


@contextmanager
def _readable(place: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise StorageUnavailable(f"{place}: the store's answer is unreadable: {error}") from error


def _check(reply: Reply, place: str) -> None:
    """Compare with the store's md5, where it tells one. (crc32c would take another library.)"""
    for digest in reply.headers.get("x-goog-hash", "").split(","):
        name, _, expected = digest.strip().partition("=")
        actual = base64.b64encode(hashlib.md5(reply.body, usedforsecurity=False).digest()).decode()
        if name == "md5" and expected != actual:
            raise StorageUnavailable(f"{place}: the bytes that came do not match their md5")
