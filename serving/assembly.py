"""Puts the planes of one process together. Called when the event loop runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from serving.access import Access
from serving.bridge import wait
from serving.configuration import Configuration
from serving.control import ControlPlane
from serving.creation import Creation, Prove
from serving.data import DataPlane
from serving.default_version import DefaultVersions
from serving.deletion import Deletion
from serving.document import Documents, Fetch
from serving.fresh import Fresh
from serving.identity import Identity
from serving.lease import Lease
from serving.loader import Loader
from serving.lookup import Lookup
from serving.measure import Measure
from serving.memory import ModelMemory
from serving.model import Models
from serving.operation import Operations
from serving.pools import Pools
from serving.proof import HttpProof, from_threads
from serving.record import Model, Version
from serving.sandbox.nursery import Nursery
from serving.version import Versions
from shared.core import roles
from shared.core.clock import now
from shared.core.default import Default
from shared.core.errors import PlatformUnavailable
from shared.gcp.credentials import id_tokens
from shared.gcp.http import Pool


@dataclass(frozen=True)
class Assembly:
    """What every part is made from."""

    configuration: Configuration
    access: Access
    identity: Identity
    pools: Pools
    nursery: Nursery
    measure: Measure

    @property
    def project(self) -> str:
        """The one project that is answered for."""
        return self.configuration.settings.google_cloud_project

    def data_plane(self) -> DataPlane:
        """Reads the registry and the models."""
        configuration = self.configuration
        loader = Loader(
            self.access.data_store,
            self.nursery,
            self.pools.loading,
            self.pools.predicting,
            configuration.max_model_bytes,
            self.measure,
        )
        memory = ModelMemory(
            loader.load,
            max_models=configuration.cache_models,
            max_bytes=configuration.cache_bytes,
            measure=self.measure,
        )
        return DataPlane(
            self.project,
            self.identity,
            self._fresh(Version.from_json),
            self._fresh(Default.from_json),
            memory,
            configuration.max_predict_bytes,
            self.measure,
        )

    def lookup(self) -> Lookup:
        """GET of a model or version where there is no control plane in the process."""
        return Lookup(
            self.project,
            self.identity,
            self._fresh(Model.from_json),
            self._fresh(Version.from_json),
            self._fresh(Default.from_json),
        )

    def control_plane(self, data: DataPlane | None) -> ControlPlane:
        """Writes the registry; data: the data plane of the same process, if there is one."""
        loop = asyncio.get_running_loop()
        prove = from_threads(data.prove if data else self._proof_over_http().prove, loop)
        changed = data.forget if data else _nobody
        documents = Documents(
            self.access.control_store,
            self.configuration.settings.state_bucket,
            self._fetch(loop),
        )
        operations = Operations(documents, self.project, now)
        defaults = DefaultVersions(documents)
        creation = self._creation(documents, operations, defaults, prove, changed)
        lease = Lease(now, self.configuration.settings.lease_seconds)
        maximum = self.configuration.max_models
        models = Models(documents, operations, defaults, lease, maximum, changed)
        deletion = Deletion(documents, operations, defaults, lease, changed)
        versions = Versions(documents, operations, defaults, creation, deletion, changed)
        runs_as = self.configuration.settings.email(roles.SERVING_DATA)
        return ControlPlane(
            self.project, models, versions, creation, deletion, operations, self.identity, runs_as
        )

    def _creation(
        self,
        documents: Documents,
        operations: Operations,
        defaults: DefaultVersions,
        prove: Prove,
        changed: Callable[[str], None],
    ) -> Creation:
        configuration = self.configuration
        return Creation(
            documents,
            operations,
            defaults,
            prove,
            Lease(now, configuration.settings.lease_seconds),
            self.pools.proving,
            configuration.answer_seconds,
            configuration.max_versions,
            changed,
        )

    def _proof_over_http(self) -> HttpProof:
        settings = self.configuration.settings
        url = settings.ai_platform_data_url
        tokens = id_tokens(url, self.configuration.serving_control_account or None)
        return HttpProof(url, self.project, Pool(tokens, PlatformUnavailable))

    def _fetch(self, loop: asyncio.AbstractEventLoop) -> Fetch:
        """The asynchronous reader, for threads: one request where the store's read takes two."""
        reader = self.access.control_reader

        def fetch(bucket: str, name: str) -> tuple[bytes, int]:
            found = wait(reader.fetch(bucket, name), loop)
            assert found.data is not None
            return found.data, found.generation

        return fetch

    def _fresh(self, parse: Callable[[bytes], Any]) -> Fresh[Any]:
        return Fresh(
            self.access.data_reader,
            self.configuration.settings.state_bucket,
            parse,
            self.configuration.max_age_seconds,
        )


def _nobody(_: str) -> None:
    return
