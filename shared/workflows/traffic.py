"""Looks at sampled requests: how they differ from the live version's training data.

Reads the newest ones only, day by day, so that its work does not grow with what is kept.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from shared.core.artifact import SAMPLES_PREFIX, day_of_sample, samples_prefix, without_format
from shared.core.errors import ObjectNotFound, PreconditionFailed
from shared.core.ports import Clock, ObjectStore
from shared.core.settings import Settings
from shared.status import requests
from shared.workflows.directory import card_at
from shared.workflows.promotion import read_default

MOST_OBJECTS = 500
_AT_ONCE = 16

Json = dict[str, Any]


@dataclass(frozen=True)
class Traffic:
    """The sampled requests of one project."""

    settings: Settings
    store: ObjectStore
    clock: Clock

    def of(self, model: str) -> Json | None:
        """What is told of the requests to a model's live version. None: nothing is sampled, or
        the version has no card."""
        if not self.settings.sample_share:
            return None
        default, _ = read_default(self.store, self.settings.state_bucket, model)
        if default is None:
            return None
        card = card_at(self.store, self.settings.models_bucket, default.deployment_uri)
        if card is None:
            return None
        lines = list(self._newest(model, default.version))
        least, high = self.settings.drift_least, self.settings.drift_threshold
        return requests.compare(card, lines, least, high)

    def expire(self) -> list[str]:
        """Delete what is older than SAMPLE_DAYS, where no rule of the bucket does; its names."""
        bucket, oldest = self.settings.state_bucket, self._day(self.settings.sample_days)
        found = list(self.store.list(bucket, SAMPLES_PREFIX))
        gone = [meta for meta in found if "" < day_of_sample(meta.name) < oldest]
        for meta in gone:
            with contextlib.suppress(ObjectNotFound, PreconditionFailed):
                self.store.delete(bucket, meta.name, if_generation_match=meta.generation)
        return [meta.name for meta in gone]

    def _newest(self, model: str, version: str) -> Iterator[Json]:
        """Lines of the log, the newest objects first, until there are enough instances."""
        left = self.settings.drift_instances
        names = islice(self._names(model, version), MOST_OBJECTS)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while left > 0 and (block := list(islice(names, _AT_ONCE))):
                for lines in pool.map(self._read, block):
                    for line in lines:
                        if left > 0:
                            left -= len(line["instances"])
                            yield line

    def _names(self, model: str, version: str) -> Iterator[str]:
        for ago in range(self.settings.drift_days):
            below = samples_prefix(model, version, self._day(ago))
            found = [meta.name for meta in self.store.list(self.settings.state_bucket, below)]
            yield from sorted(found, reverse=True)

    def _day(self, ago: int) -> str:
        return f"{self.clock() - timedelta(days=ago):%Y%m%d}"

    def _read(self, name: str) -> list[Json]:
        """Raises NewerFormat."""
        try:
            data, _ = self.store.read(self.settings.state_bucket, name)
        except ObjectNotFound:  # forgotten, or its time was over
            return []
        return [without_format(json.loads(line), name) for line in data.splitlines()]
