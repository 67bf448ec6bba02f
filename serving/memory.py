"""The models in memory: loaded once however many ask, forgotten oldest first."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from serving.loaded import LoadedModel
from serving.measure import Measure
from shared.artifacts.reading import Pin
from shared.core.cache import Bounded, Flights
from shared.core.errors import ArtifactRefused

BAD_SECONDS = 5.0
"""How long a model that was refused is not tried again."""

Key = tuple[str, Pin | None]
"""(deploymentUri, what the version was proven with)."""


Load = Callable[[str, Pin | None], Awaitable[LoadedModel]]
"""(deploymentUri, pin; None: whatever lies there) -> a proven model."""


class ModelMemory:
    """Loaded models by directory and generation, the least recently asked forgotten first."""

    def __init__(
        self,
        load: Load,
        *,
        max_models: int,
        max_bytes: int,
        measure: Measure | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loader = load
        self._max_models, self._max_bytes = max_models, max_bytes
        self._clock = clock
        self._models: OrderedDict[Key, LoadedModel] = OrderedDict()
        self._bad: Bounded[Key, tuple[float, str]] = Bounded(1000)
        self._flights: Flights[Key, LoadedModel] = Flights(clock)
        self._bytes = 0
        self._measure = measure or Measure()

    async def get(self, deployment_uri: str, pin: Pin) -> LoadedModel:
        """What was proven. Raises ArtifactRefused, StorageUnavailable, NewerFormat."""
        key = (deployment_uri, pin)
        found = self._models.get(key)
        if found is not None and found.runner.alive:
            self._models.move_to_end(key)
            return found
        until, reason = self._bad.get(key, (0.0, ""))
        if self._clock() < until:
            raise ArtifactRefused(reason)
        return await self._flights.share(key, lambda _: self._load(key))

    async def load(self, deployment_uri: str) -> LoadedModel:
        """What lies in a directory now: for a version that is not proven yet."""
        key = (deployment_uri, None)
        return await self._flights.share(key, lambda _: self._load(key), since=self._clock())

    def close(self) -> None:
        """Free every model."""
        while self._models:
            self._drop(next(iter(self._models)))

    async def _load(self, key: Key) -> LoadedModel:
        try:
            loaded = await self._loader(*key)
        except ArtifactRefused as error:
            if key[1]:
                self._bad[key] = (self._clock() + BAD_SECONDS, str(error))
            raise
        self._keep((key[0], loaded.directory.pin), loaded)
        return loaded

    def _keep(self, key: Key, loaded: LoadedModel) -> None:
        self._drop(key)
        self._models[key] = loaded
        self._bytes += loaded.size
        while len(self._models) > 1 and (
            len(self._models) > self._max_models or self._bytes > self._max_bytes
        ):
            self._drop(next(iter(self._models)))
            self._measure.evictions += 1
        self._measure.gauges["serving_models"] = len(self._models)
        self._measure.gauges["serving_models_bytes"] = self._bytes

    def _drop(self, key: Key) -> None:
        loaded = self._models.pop(key, None)
        if loaded:
            self._bytes -= loaded.size
            loaded.runner.close()
