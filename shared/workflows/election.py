"""Which version of a model may be the default by itself, and which one was before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from shared.core import artifact
from shared.core.card import Card
from shared.core.compatibility import breaks
from shared.core.default import HELD, Default, is_newer
from shared.core.ledger import entry_name, facts_of
from shared.core.ports import ModelPlatform, ObjectStore, VersionInfo
from shared.core.settings import Settings
from shared.core.source import Source
from shared.workflows.directory import card_at


class Election:
    """The versions of one model that are READY, by the order of their sources.

    Versions that a person named have no known order and are nobody's successor.
    """

    def __init__(
        self, settings: Settings, store: ObjectStore, platform: ModelPlatform, model: str
    ) -> None:
        self._settings, self._store, self._model = settings, store, model
        self._versions = {v.version: v for v in platform.list_versions(model)}
        prefix = artifact.ledger_prefix(model)
        self._told = {meta.name for meta in store.list(settings.state_bucket, prefix)}

    def newest(self, current: Default) -> Default | None:
        """The newest version that may replace this default, None where it is the newest."""
        for candidate in self._newest_first(until=current):
            if current.order is not None and not is_newer(candidate, current):
                return None
            if candidate.version in current.leaving or self._is_held(candidate.version):
                continue
            card, its = self._card(current), self._card(candidate)
            if not (card and its and breaks(card.schema, its.schema)):
                return candidate
        return None

    def before(self, current: Default) -> Default | None:
        """The version that callers had before this default, None where there was none.

        From a pin it goes on to older ones, so that a second rollback does not undo the first. One
        whose release died as soon as it was the default has proven nothing, and is passed over.
        """
        last = self._versions.get(current.previous)
        stays = current.previous not in current.leaving and self.proven(current.previous)
        if last and last.state == "READY" and stays and not current.pinned_by:
            return self.default(last)
        for candidate in self._newest_first():
            if candidate.version in current.leaving:
                continue
            if is_newer(current, candidate) and self._was_live(candidate.version):
                return candidate
        return None

    def instead(self, current: Default) -> Default | None:
        """The version that serves best in place of one that goes: one that callers had before,
        then one that is not held, then any that is good; of those the newest."""
        good = [one for one in self._newest_first() if one.version not in current.leaving]
        had = [one for one in good if self._was_live(one.version)]
        free = [one for one in good if not self._is_held(one.version)]
        return next(iter((*had, *free, *good)), None)

    def default(self, version: VersionInfo) -> Default:
        """A version as the default, with the order of its source where that is known."""
        found = Default(self._model, version.version, version.deployment_uri)
        drop = artifact.drop_of_version(version.version)
        name = entry_name(self._model, drop, "created") if drop else ""
        if name not in self._told:
            return found
        told = self._facts(name).get("source")
        return replace(found, order=Source.from_dict(told).order) if told else found

    def proven(self, version: str) -> bool:
        """Whether its release ended well; of a version that a person named nobody can tell."""
        drop = artifact.drop_of_version(version)
        return drop is None or self._ended(drop)

    def _newest_first(self, until: Default | None = None) -> Iterator[Default]:
        """Versions with a source of their own; those of one second by the whole order. until: one
        of known order beyond whose second nobody will look."""
        drops = {
            drop: version
            for version in self._versions.values()
            if version.state == "READY"
            and (drop := artifact.drop_of_version(version.version))
            and self._ended(drop)
        }
        last = artifact.drop_of_version(until.version) if until and until.order else None
        for second, group in groupby(sorted(drops, reverse=True), key=_second):
            together = list(group)
            if last and (together == [last] or second < _second(last)):
                return
            found = [self.default(drops[drop]) for drop in together]
            yield from sorted(found, key=lambda one: one.order or ("", 0, ""), reverse=True)

    def _ended(self, drop: str) -> bool:
        """Whether its release ended well; one that is under way speaks for itself."""
        names = {entry_name(self._model, drop, step) for step in ("live", "ready")}
        return bool(names & self._told)

    def _was_live(self, version: str) -> bool:
        folder = artifact.ledger_prefix(self._model, artifact.drop_of_version(version))
        steps = ("60_live", "70_promoted", "70_pinned")
        return any(name.startswith(f"{folder}{step}") for step in steps for name in self._told)

    def _is_held(self, version: str) -> bool:
        drop = artifact.drop_of_version(version) or ""
        name = entry_name(self._model, drop, "ready")
        return name in self._told and self._facts(name).get("reason") == HELD

    def _card(self, version: Default) -> Card | None:
        return card_at(self._store, self._settings.models_bucket, version.deployment_uri)

    def _facts(self, name: str) -> dict[str, Any]:
        return facts_of(self._store, self._settings.state_bucket, name)


def _second(drop: str) -> str:
    """`YYYYMMDD_HHMMSS_<id>` -> the time."""
    return drop[: -len("_12345678")]
