"""The published keys that ID tokens are signed with, kept for as long as their publisher says.

They are read as a JSON Web Key Set: what reads X.509 certificates costs a cold start a tenth.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from shared.core.cache import Flights
from shared.core.errors import KeysUnavailable
from shared.gcp.client import Client
from shared.gcp.connection import Broken

Fetch = Callable[[str], Awaitable[tuple[bytes, str]]]
"""Address -> (body, its Cache-Control)."""

TIMEOUT_SECONDS = 3.0
LARGEST = 1_000_000
SHORTEST_AGE = 60.0
LONGEST_AGE = 24 * 3600.0
PAUSE = 60.0
"""Seconds between two reads, however many unknown keys are named, while there are keys."""
STALE_SECONDS = 24 * 3600.0
UNREADABLE = (
    ValueError, TypeError, KeyError, AttributeError, RecursionError, UnsupportedAlgorithm,
)  # fmt: skip


async def over_http(url: str) -> tuple[bytes, str]:
    """GET, with a connection of its own: keys are fetched every few hours."""
    client = Client()
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            answer = await client.send("GET", url, {})
    except (Broken, TimeoutError, OSError) as error:
        raise KeysUnavailable(f"{url} did not answer: {error!r}") from error
    finally:
        await client.close()
    if answer.status != 200:
        raise KeysUnavailable(f"{url} answered {answer.status}")
    return answer.body[:LARGEST], answer.headers.get("Cache-Control", "")


class Certificates:
    """The keys by id. Read when they are too old, or when a token names one that is new.

    Keys that were good stay in use, for a day, while their address does not answer. on_change is
    called when a key is gone or another, so that nothing checked with it lives on.
    """

    def __init__(
        self,
        url: str,
        *,
        fetch: Fetch = over_http,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._url = url
        self._fetch = fetch
        self._clock = clock
        self._on_change = on_change
        self._keys: dict[str, RSAPublicKey] = {}
        self._good_until = float("-inf")
        self._asked = float("-inf")
        self._is_reading = self._has_failed = False
        self._flights: Flights[str, None] = Flights(clock)

    async def key(self, key_id: str) -> RSAPublicKey | None:
        """The key of that id, or None where it is not published. Raises KeysUnavailable."""
        unknown = key_id not in self._keys
        if self._due(unknown) or (unknown and self._is_reading):
            try:
                await self._flights.share(self._url, self._read)
            except KeysUnavailable:
                if unknown or self._clock() > self._good_until + STALE_SECONDS:
                    raise
        elif unknown and self._has_failed:
            raise KeysUnavailable(f"{self._url} did not answer, and it may publish a new key")
        return self._keys.get(key_id)

    def _due(self, unknown: bool) -> bool:
        now = self._clock()
        if now > self._good_until + STALE_SECONDS:
            return True
        wanted = now >= self._good_until or unknown
        return wanted and now >= self._asked + PAUSE

    async def _read(self, started: float) -> None:
        self._asked, self._is_reading, self._has_failed = started, True, True
        try:
            body, control = await self._fetch(self._url)
            keys = _keys(body)
        finally:
            self._is_reading = False
        self._has_failed = False
        self._good_until = started + _max_age(control)
        gone = any(keys.get(name) != key for name, key in self._keys.items())
        self._keys = keys
        if gone:
            self._on_change()


def _keys(body: bytes) -> dict[str, RSAPublicKey]:
    """The RSA keys of a JSON Web Key Set (RFC 7517), by id."""
    try:
        published = json.loads(body)["keys"]
        keys = {key["kid"]: _public_key(key) for key in published if _signs(key)}
    except UNREADABLE as error:
        raise KeysUnavailable(f"no JSON Web Key Set is published: {error!r}") from error
    if not keys:
        raise KeysUnavailable("no RSA key is published")
    return keys


def _signs(key: dict[str, Any]) -> bool:
    """Whether it is a key for RS256."""
    told = (key["kty"], key.get("use", "sig"), key.get("alg", "RS256"))
    return told == ("RSA", "sig", "RS256")


def _public_key(key: dict[str, Any]) -> RSAPublicKey:
    return RSAPublicNumbers(_whole(key["e"]), _whole(key["n"])).public_key()


def _whole(text: str) -> int:
    """A whole number of a key: base64url of its bytes, the first one first."""
    return int.from_bytes(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))


def _max_age(control: str) -> float:
    found = re.search(r"(?:^|[\s,])max-age=(\d{1,9})", control.lower())
    seconds = float(found[1]) if found else SHORTEST_AGE
    return min(max(seconds, SHORTEST_AGE), LONGEST_AGE)
