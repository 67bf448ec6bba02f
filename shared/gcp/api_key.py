"""Who calls, proved by an API key."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from shared.core.apikey import KEYS_NAME, Keys
from shared.core.cache import Flights
from shared.core.errors import ObjectNotFound, Unauthenticated
from shared.core.ports import ObjectReader
from shared.core.principal import Principal
from shared.core.setting import SettingsError
from shared.core.settings import Settings
from shared.gcp.cloud_run import is_cloud_run

MAX_AGE_SECONDS = 10.0
"""How long a revoked key may still be taken."""


class ApiKeyAuthenticator:
    """`Authenticator` by the header X-API-Key and the digests in STATE, read again on the request
    path once they are MAX_AGE_SECONDS old."""

    def __init__(
        self,
        settings: Settings,
        reader: ObjectReader,
        environment: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if is_cloud_run(environment) and settings.public_endpoint != "yes":
            raise SettingsError(
                "PREDICT_AUTH=api_key on Cloud Run needs a public endpoint, which must be said: "
                "set PUBLIC_ENDPOINT=yes, and deploy without the invoker check."
            )
        self._bucket = settings.state_bucket
        self._reader = reader
        self._clock = clock
        self._keys = Keys()
        self._generation: int | None = None
        self._read_at = float("-inf")
        self._flights: Flights[str, None] = Flights(clock)

    async def authenticate(self, headers: Mapping[str, str]) -> Principal:
        """The caller. Raises Unauthenticated, StorageUnavailable."""
        text = headers.get("x-api-key")
        if not text:
            unread = "An Authorization header means nothing here. "
            raise Unauthenticated(
                "no_api_key",
                f"{unread if 'authorization' in headers else ''}"
                "Send the header X-API-Key: dsk_..., a key made by ./run keys create.",
            )
        oldest = self._clock() - MAX_AGE_SECONDS
        if self._read_at < oldest:
            await self._flights.share(KEYS_NAME, self._read, since=oldest)
        return self._keys.find(text).principal

    async def _read(self, started: float) -> None:
        try:
            found = await self._reader.fetch(
                self._bucket, KEYS_NAME, if_generation_not_match=self._generation
            )
        except ObjectNotFound:
            self._keys, self._generation = Keys(), None
        else:
            if found.data is not None:
                self._keys, self._generation = Keys.from_json(found.data), found.generation
        self._read_at = started
