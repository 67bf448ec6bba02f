"""Reads the stories of a model out of the ledger; entries never change, so each is read once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shared.core import artifact, ledger
from shared.core.errors import ObjectNotFound
from shared.core.ledger import Entry
from shared.core.ports import ObjectStore

_AT_ONCE = 8

Files = tuple[str, ...]
"""Names of a drop's entries without their folder, ordered."""


class Chronicle:
    """The ledger of one model. Entries that were read are remembered."""

    def __init__(self, store: ObjectStore, bucket: str, model: str) -> None:
        self._store, self._bucket, self.model = store, bucket, model
        self._known: dict[str, Entry | None] = {}

    def drops(self) -> dict[str, Files]:
        """Every drop with the names of its entries, as the ledger has them now."""
        prefix = artifact.ledger_prefix(self.model)
        found: dict[str, list[str]] = {}
        for meta in self._store.list(self._bucket, prefix):
            drop, slash, file = meta.name[len(prefix) :].partition("/")
            if slash and "/" not in file:
                found.setdefault(drop, []).append(file)
        return {drop: tuple(sorted(files)) for drop, files in found.items()}

    def stories(self, drops: dict[str, Files]) -> dict[str, dict[str, Any]]:
        """The folded story of each of these drops."""
        names = [self._name(drop, file) for drop, files in drops.items() for file in files]
        self._read([name for name in names if name not in self._known])
        return {drop: ledger.fold(self.entries(drop, files)) for drop, files in drops.items()}

    def entries(self, drop: str, files: Files) -> list[Entry]:
        """The entries of one drop that could be read."""
        names = [self._name(drop, file) for file in files]
        self._read([name for name in names if name not in self._known])
        return [entry for name in names if (entry := self._known[name])]

    def story(self, drop: str) -> list[Entry]:
        """The entries of one drop, as the ledger has them now."""
        prefix = artifact.ledger_prefix(self.model, drop)
        found = self._store.list(self._bucket, prefix)
        return self.entries(drop, tuple(meta.name[len(prefix) :] for meta in found))

    def _name(self, drop: str, file: str) -> str:
        return artifact.ledger_prefix(self.model, drop) + file

    def _read(self, names: list[str]) -> None:
        if len(names) <= _AT_ONCE:
            self._known.update((name, self._entry(name)) for name in names)
            return
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            self._known.update(zip(names, pool.map(self._entry, names), strict=True))

    def _entry(self, name: str) -> Entry | None:
        """None for one that was forgotten meanwhile."""
        try:
            return Entry.from_json(name, self._store.read(self._bucket, name)[0])
        except ObjectNotFound:
            return None
