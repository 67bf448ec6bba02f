"""From a model directory to a model that may answer: digests, loading, golden requests."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Executor
from dataclasses import dataclass, field

from serving.loaded import PREDICT_SECONDS, InProcess, LoadedModel, OwnProcess, Runner
from serving.measure import Measure
from serving.portable import Portable, runtime
from serving.sandbox.channel import Channel
from serving.sandbox.nursery import LOAD_SECONDS, Nursery
from shared.artifacts.reading import ModelDirectory, Pin, open_directory
from shared.core.errors import ArtifactRefused
from shared.core.ports import ObjectStore


@dataclass(frozen=True)
class Loader:
    """loading: where files are read; predicting: where long predictions run."""

    store: ObjectStore
    nursery: Nursery
    loading: Executor
    predicting: Executor
    max_model_bytes: int
    measure: Measure = field(default_factory=Measure)
    predict_seconds: float = PREDICT_SECONDS

    async def load(self, deployment_uri: str, pin: Pin | None) -> LoadedModel:
        """The model of that pin (None: what lies there now, every file of it checked), proven.

        Raises ArtifactRefused, StorageUnavailable, PlatformUnavailable, NewerFormat.
        """
        began, how, outcome = time.perf_counter(), "unread", "failed"
        try:
            loaded = await self._load(deployment_uri, pin)
            how, outcome = "portable" if loaded.is_portable else "process", "done"
            return loaded
        except ArtifactRefused:
            outcome = "refused"
            raise
        finally:
            self.measure.loaded(how, outcome, time.perf_counter() - began)

    async def _load(self, deployment_uri: str, pin: Pin | None) -> LoadedModel:
        loop = asyncio.get_running_loop()
        directory = await loop.run_in_executor(self.loading, self._opened, deployment_uri, pin)
        portable = await loop.run_in_executor(self.loading, self._portable, directory)
        if portable:
            runner: Runner = InProcess(portable, self.predicting)
        else:
            runner = await self._unpickled(directory)
        loaded = LoadedModel(directory, runner)
        try:
            await loaded.prove()
        except BaseException:
            runner.close()
            raise
        return loaded

    def _opened(self, deployment_uri: str, pin: Pin | None) -> ModelDirectory:
        directory = open_directory(self.store, deployment_uri, pin, self.max_model_bytes)
        if not pin:
            directory.check()
        return directory

    def _portable(self, directory: ModelDirectory) -> Portable | None:
        name = directory.portable
        if name is None or directory.card is None:
            return None
        onnxruntime = runtime()
        if onnxruntime is None:
            return None
        return Portable(onnxruntime, directory.file(name), directory.card.schema)

    async def _unpickled(self, directory: ModelDirectory) -> OwnProcess:
        loop = asyncio.get_running_loop()
        data = await loop.run_in_executor(self.loading, directory.model)
        cell = await loop.run_in_executor(self.loading, self.nursery.spawn)
        _, channel = await loop.create_unix_connection(
            lambda: Channel(loop, lambda: self.nursery.kill(cell.process)), sock=cell.channel
        )
        own = OwnProcess(channel, self.predict_seconds)
        try:
            await own.load(data, LOAD_SECONDS)
        except BaseException:
            own.close()
            raise
        return own
