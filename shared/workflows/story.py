"""A drop's story in the ledger: tell an entry once, ask whether one was told."""

from __future__ import annotations

from typing import Any

from shared.core.clock import timestamp
from shared.core.creation import create
from shared.core.errors import ObjectNotFound
from shared.core.ledger import Entry, entry_name
from shared.core.ports import Clock, ObjectStore


class Story:
    """The ledger of one drop."""

    def __init__(
        self, store: ObjectStore, bucket: str, clock: Clock, model: str, drop: str
    ) -> None:
        self.model, self.drop = model, drop
        self._store, self._bucket, self._clock = store, bucket, clock

    def tell(self, step: str, part: str = "", **facts: Any) -> bool:
        """Write an entry, or a part of a step; False where it stands already, which is success."""
        entry = Entry(self.model, self.drop, step, timestamp(self._clock()), facts, part)
        return create(self._store, self._bucket, entry.name, entry.to_json())

    def told(self, *steps: str) -> Entry | None:
        """The first of these entries that stands. By name: the account need not list."""
        for step in steps:
            name = entry_name(self.model, self.drop, step)
            try:
                data, _ = self._store.read(self._bucket, name)
            except ObjectNotFound:
                continue
            return Entry.from_json(name, data)
        return None
