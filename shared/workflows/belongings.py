"""What there is of a model's drops, wherever it lies: for whoever removes it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from shared.core import artifact
from shared.core.errors import DatasetRejected, ObjectNotFound
from shared.core.ledger import FORGOTTEN, entry_name, facts_of
from shared.core.ports import ObjectMeta, ObjectStore
from shared.core.settings import Settings
from shared.core.source import Source
from shared.core.trigger import (
    RETRAIN_OF_METADATA,
    DataDrop,
    ModelFile,
    ledger_model,
    parse_data_name,
    parse_model_name,
)

_OF_MODEL = (
    artifact.LEASES_PREFIX,
    artifact.NOTICES_PREFIX,
    artifact.SAMPLES_PREFIX,
    artifact.PREDICTIONS_PREFIX,
    artifact.BATCH_LEASES_PREFIX,
)


class Belongings:
    """One look at the three buckets."""

    def __init__(self, model: str, settings: Settings, store: ObjectStore) -> None:
        self._model, self._settings, self._store = model, settings, store
        self._told = self._by_drop()
        self._csvs = self._dropped()
        self._files = self._trained()

    def drops(self) -> set[str]:
        """Every drop that anything is known of."""
        return {*self._told, *self._csvs, *(drop for drop in self._files if drop)}

    def forgotten(self) -> set[str]:
        """Those with a tombstone."""
        return {drop for drop in self._told if self._has(drop, FORGOTTEN)}

    def relatives(self, drop: str) -> set[str]:
        """The drop, and those whose CSV is a copy of the same one."""
        sources = {one: self._source(one) for one in sorted(self.drops())}
        root = sources[drop][1]
        return {drop, *(one for one, (_, of) in sources.items() if root and of == root)}

    def of(self, drops: set[str]) -> Iterator[ObjectMeta]:
        """All objects of these drops, but for their tombstones."""
        for drop in sorted(drops):
            yield from ([self._csvs[drop]] if drop in self._csvs else [])
            yield from self._files.get(drop, [])
            yield from self._entries(drop)
            version = artifact.version_of_drop(drop)
            yield from self._below(f"{artifact.LEASES_PREFIX}{self._model}/{drop}.")
            yield from self._below(f"{artifact.NOTICES_PREFIX}{self._model}/{drop}/")
            yield from self._below(f"{artifact.SAMPLES_PREFIX}{self._model}/{version}/")

    def everything(self) -> Iterator[ObjectMeta]:
        """All objects of the model, but for tombstones and the desired default."""
        yield from self._csvs.values()
        data, models = self._settings.data_bucket, self._settings.models_bucket
        known = {meta.name for meta in self._csvs.values()}
        for folder in (artifact.DATA_PREFIX, artifact.BATCH_PREFIX):
            found = self._store.list(data, f"{folder}{self._model}/")
            yield from (meta for meta in found if meta.name not in known)
        yield from self._store.list(models, f"{artifact.MODELS_PREFIX}{self._model}/")
        for drop in sorted(self._told):
            yield from self._entries(drop)
        for folder in _OF_MODEL:
            yield from self._below(f"{folder}{self._model}/")
        yield from self._below(f"{artifact.STATUS_PREFIX}{self._model}.")

    def trained_on(self, drops: set[str]) -> Iterator[str]:
        """Versions of other drops that learnt from these drops' CSVs."""
        sources = {source.uri for drop in sorted(drops) if (source := self._source(drop)[0])}
        for drop, files in sorted(self._files.items()):
            inputs = [meta for meta in files if meta.name.endswith(artifact.INPUTS_FILE)]
            if drop in drops or not inputs or not sources:
                continue
            try:
                value = json.loads(self._store.read(inputs[0].bucket, inputs[0].name)[0])
            except ObjectNotFound:  # forgotten meanwhile
                continue
            if sources & {Source.from_dict(file).uri for file in value.get("files", [])}:
                yield artifact.version_of_drop(drop)

    def _by_drop(self) -> dict[str, list[ObjectMeta]]:
        found: dict[str, list[ObjectMeta]] = {}
        for meta in self._below(artifact.ledger_prefix(self._model)):
            found.setdefault(meta.name.split("/")[2], []).append(meta)
        return found

    def _dropped(self) -> dict[str, ObjectMeta]:
        """Drop -> its CSV, of those that are there."""
        found = self._store.list(self._settings.data_bucket, artifact.DATA_PREFIX)
        return {artifact.drop_id(meta.source): meta for meta in found if self._trains(meta.name)}

    def _trained(self) -> dict[str, list[ObjectMeta]]:
        """Drop -> the files of its model directory."""
        folder = f"{artifact.MODELS_PREFIX}{self._model}/"
        found = list(self._store.list(self._settings.models_bucket, folder))
        drops = {
            file.directory: artifact.drop_id(meta.source)
            for meta in found
            if isinstance(file := parse_model_name(meta.name), ModelFile)
        }
        files: dict[str, list[ObjectMeta]] = {}
        for meta in found:
            place = meta.name.rpartition("/")[0] + "/"
            version = artifact.version_of_directory(place)
            drop = artifact.drop_of_version(version) if version else drops.get(place)
            files.setdefault(drop or "", []).append(meta)
        return files

    def _trains(self, name: str) -> bool:
        default = self._settings.model_name
        try:
            parsed = parse_data_name(name, default)
            return isinstance(parsed, DataDrop) and parsed.model == self._model
        except DatasetRejected:
            return ledger_model(name, default) == self._model

    def _entries(self, drop: str) -> Iterator[ObjectMeta]:
        buried = self._has(drop, FORGOTTEN)
        tombstone = {entry_name(self._model, drop, s) for s in (FORGOTTEN, "received")}
        for meta in self._told.get(drop, []):
            if not (buried and meta.name in tombstone):
                yield meta

    def _has(self, drop: str, step: str) -> bool:
        name = entry_name(self._model, drop, step)
        return any(meta.name == name for meta in self._told.get(drop, []))

    def _source(self, drop: str) -> tuple[Source | None, str]:
        """The source of a drop, and the address of the one that it is a copy of, or its own."""
        name = entry_name(self._model, drop, "received")
        facts = facts_of(self._store, self._settings.state_bucket, name)
        meta = self._csvs.get(drop)
        told = facts.get("source")
        source = Source.from_dict(told) if told else meta.source if meta else None
        own = meta.metadata if meta else {}
        copied = facts.get(RETRAIN_OF_METADATA) or own.get(RETRAIN_OF_METADATA)
        return source, str(copied or (source.uri if source else ""))

    def _below(self, prefix: str) -> Iterator[ObjectMeta]:
        return self._store.list(self._settings.state_bucket, prefix)
