"""Deletes versions that are old. Marked in the desired default first, so that nobody makes one of
them the default meanwhile; told in the ledger last, so that a crash in between leaves the mark.
"""

from __future__ import annotations

import contextlib
from collections import Counter

from shared.core import artifact, retention
from shared.core.default import Default, without
from shared.core.errors import (
    InvalidRequest,
    ModelNotFound,
    ObjectNotFound,
    PreconditionFailed,
)
from shared.core.ledger import FORGOTTEN, entry_name
from shared.core.ports import Clock, ModelPlatform, ObjectStore, VersionInfo
from shared.core.retention import Standing
from shared.core.settings import Settings
from shared.core.source import Source
from shared.workflows.promotion import read_default, swap
from shared.workflows.story import Story


class Collector:
    """Old versions of one model. models: how many there are, where that is known."""

    def __init__(
        self,
        model: str,
        settings: Settings,
        store: ObjectStore,
        platform: ModelPlatform,
        clock: Clock,
        models: int = 0,
    ) -> None:
        self._model, self._settings, self._clock = model, settings, clock
        self._store, self._platform, self._models = store, platform, models

    def run(self) -> list[str]:
        """Delete what is too many; the versions that are gone. Cheap where nothing is."""
        return self._delete_all(self.due())

    def sweep(self) -> list[str]:
        """The same, and finish what a crash, or a call under way, left of earlier ones."""
        return self._delete_all(self.all_due())

    def remove(self, version: str) -> bool:
        """Delete a version that never served; False where the platform keeps it."""
        return version in self._mark([version]) and self._delete_version(version)

    def due(self) -> list[str]:
        """Versions to delete, without a look at the ledger where there are few."""
        versions = self._versions()
        if len(versions) < 2:
            return []
        default = self._default()
        names = {info.version for info in versions}
        if default and self._is_unfinished(default, names):
            half = self._half(default, self._told())
            if half:
                return half
        few = len(versions) <= self._settings.keep_versions
        if few or len(versions) <= self._share():
            return []
        return self._too_many(versions, default, self._told())

    def all_due(self) -> list[str]:
        """Versions to delete, with those that are half deleted."""
        versions, default = self._versions(), self._default()
        told = self._told()
        half = self._half(default, told) if default else []
        again = [v for v in self._with_files() if self._is(told, v, "collected")]
        failed = [
            info.version
            for info in versions
            if self._settings.failed_versions == "remove" and self._is(told, info.version, "failed")
        ]
        found = (*half, *again, *failed, *self._too_many(versions, default, told))
        current = {default.version, default.previous} if default else set()
        return [one for one in dict.fromkeys(found) if one not in current]

    def _is_unfinished(self, default: Default, names: set[str]) -> bool:
        """By one look: they go in order, so that the last one's end is the end of all."""
        if not default.leaving or names & {*default.leaving}:
            return bool(default.leaving)
        last = artifact.drop_of_version(default.leaving[-1]) or ""
        return self._story(last).told("collected", "failed", FORGOTTEN) is None

    def _half(self, default: Default, told: set[str]) -> list[str]:
        """Those that were marked and not told: what a crash left half deleted."""
        served = [v for v in default.leaving if self._is(told, v, "live", "ready")]
        return [version for version in served if not self._is(told, version, "collected")]

    def _too_many(
        self, versions: list[VersionInfo], default: Default | None, told: set[str]
    ) -> list[str]:
        seconds = Counter(_second(info.version) for info in versions)
        crowded = {second for second, count in seconds.items() if count > 1}
        standing = [self._standing(told, info, crowded) for info in versions]
        keep = self._settings.keep_versions
        return retention.to_collect(standing, default, keep, self._share())

    def _standing(self, told: set[str], info: VersionInfo, crowded: set[str]) -> Standing:
        version, second = info.version, _second(info.version)
        return Standing(
            version,
            self._order(told, version) if second in crowded else (second, 0, ""),
            good=info.state == "READY" and self._is(told, version, "live", "ready"),
            failed=self._is(told, version, "failed"),
            gone=self._is(told, version, "collected"),
        )

    def _order(self, told: set[str], version: str) -> tuple[str, int, str]:
        """Of its source: the name tells the second, and here that is not enough."""
        second = _second(version)
        if not self._is(told, version, "created"):
            return (second, 0, "")
        created = self._story(version[1:]).told("created")  # None: forgotten meanwhile
        return Source.from_dict(created.facts["source"]).order if created else (second, 0, "")

    def _delete_all(self, versions: list[str]) -> list[str]:
        marked = self._mark(versions) if versions else set()
        return [version for version in sorted(marked & {*versions}) if self._collect(version)]

    def _mark(self, versions: list[str]) -> set[str]:
        """Those that nobody can make the default any more."""
        told = self._told()

        def step(current: Default | None) -> Default | None:
            if current is None:
                return None
            done = "collected", FORGOTTEN
            under_way = {v for v in current.leaving if not self._is(told, v, *done)}
            going = {*under_way, *versions} - {current.version, current.previous}
            return None if going <= {*current.leaving} else without(current, going)

        after, _ = swap(self._store, self._settings.state_bucket, self._model, step)
        return set(after.leaving) if after else set(versions)

    def _collect(self, version: str) -> bool:
        if not self._delete_version(version):
            return False
        self._delete_files(version)
        self._story(artifact.drop_of_version(version) or "").tell("collected", version=version)
        return True

    def _story(self, drop: str) -> Story:
        bucket = self._settings.state_bucket
        return Story(self._store, bucket, self._clock, self._model, drop)

    def _delete_version(self, version: str) -> bool:
        try:
            self._platform.delete_version(self._model, version)
        except (InvalidRequest, ModelNotFound):  # the platform's own default still, or under way
            return False
        return True

    def _delete_files(self, version: str) -> None:
        bucket = self._settings.models_bucket
        folder = artifact.directory_of_version(self._model, version) or ""
        for meta in list(self._store.list(bucket, folder)):
            if artifact.is_heavy(meta.name):
                with contextlib.suppress(ObjectNotFound, PreconditionFailed):
                    self._store.delete(bucket, meta.name, if_generation_match=meta.generation)

    def _with_files(self) -> list[str]:
        """Versions whose directory still holds what goes with a version."""
        folder = f"{artifact.MODELS_PREFIX}{self._model}/"
        found = self._store.list(self._settings.models_bucket, folder)
        heavy = [meta.name for meta in found if artifact.is_heavy(meta.name)]
        versions = [artifact.version_of_directory(name.rpartition("/")[0]) for name in heavy]
        return [version for version in dict.fromkeys(versions) if version]

    def _share(self) -> int:
        """How many versions this model may have; where each is paid for, those that are kept."""
        if self._platform.capabilities.paid_versions:
            return self._settings.keep_versions
        return retention.share(self._settings.versions_ceiling, self._models or self._defaults())

    def _defaults(self) -> int:
        found = self._store.list(self._settings.state_bucket, artifact.DEFAULTS_PREFIX)
        return len(list(found))

    def _versions(self) -> list[VersionInfo]:
        try:
            return self._platform.list_versions(self._model)
        except ModelNotFound:
            return []

    def _default(self) -> Default | None:
        return read_default(self._store, self._settings.state_bucket, self._model)[0]

    def _told(self) -> set[str]:
        prefix = artifact.ledger_prefix(self._model)
        return {meta.name for meta in self._store.list(self._settings.state_bucket, prefix)}

    def _is(self, told: set[str], version: str, *steps: str) -> bool:
        drop = artifact.drop_of_version(version)
        return drop is not None and any(entry_name(self._model, drop, s) in told for s in steps)


def _second(version: str) -> str:
    """`vYYYYMMDD_HHMMSS_<id>` -> the time, so that it compares with a source's whole order."""
    return version[1 : len("vYYYYMMDD_HHMMSS")].replace("_", "T")
