"""The models in memory: loaded once however many ask, forgotten oldest first."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor

from serving.loaded import LoadedModel
from shared.artifacts.reading import read_directory
from shared.core.cache import Bounded, Flights
from shared.core.errors import ArtifactRefused
from shared.core.ports import ObjectStore

BAD_SECONDS = 5.0
"""How long a model that was refused is not tried again."""

Key = tuple[str, int]
"""(deploymentUri, generation of the model file)."""


class ModelMemory:
    """Loaded models by directory and generation. pool: where they are loaded."""

    def __init__(
        self,
        store: ObjectStore,
        pool: Executor,
        *,
        max_models: int,
        max_bytes: int,
        max_model_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._pool = pool
        self._max_models, self._max_bytes = max_models, max_bytes
        self._max_model_bytes = max_model_bytes
        self._clock = clock
        self._models: OrderedDict[Key, LoadedModel] = OrderedDict()
        self._bad: Bounded[Key, tuple[float, str]] = Bounded(1000)
        self._flights: Flights[Key, LoadedModel] = Flights(clock)

    async def get(self, deployment_uri: str, generation: int) -> LoadedModel:
        """The model of one generation. Raises ArtifactRefused, StorageUnavailable, NewerFormat."""
        key = (deployment_uri, generation)
        found = self._models.get(key)
        if found is not None:
            self._models.move_to_end(key)
            return found
        until, reason = self._bad.get(key, (0.0, ""))
        if self._clock() < until:
            raise ArtifactRefused(reason)
        return await self._flights.share(key, lambda _: self._load(key))

    async def load(self, deployment_uri: str) -> LoadedModel:
        """What lies in a directory now: for a version that is not proven yet."""
        key = (deployment_uri, 0)
        return await self._flights.share(key, lambda _: self._load(key), since=self._clock())

    async def _load(self, key: Key) -> LoadedModel:
        loop = asyncio.get_running_loop()
        try:
            loaded = await loop.run_in_executor(self._pool, self._read, *key)
        except ArtifactRefused as error:
            if key[1]:
                self._bad[key] = (self._clock() + BAD_SECONDS, str(error))
            raise
        self._keep((key[0], loaded.directory.meta.generation), loaded)
        return loaded

    def _read(self, deployment_uri: str, generation: int) -> LoadedModel:
        directory = read_directory(
            self._store, deployment_uri, generation or None, self._max_model_bytes
        )
        loaded = LoadedModel(directory)
        loaded.prove()
        return loaded

    def _keep(self, key: Key, loaded: LoadedModel) -> None:
        self._models[key] = loaded
        self._models.move_to_end(key)
        while len(self._models) > 1 and (
            len(self._models) > self._max_models
            or sum(model.size for model in self._models.values()) > self._max_bytes
        ):
            self._models.popitem(last=False)
