"""Rewrites the status of a model and the pages made from it. Nobody's later state is lost.

Each write carries the generation that it replaces, and what it is made of is read after that one
was looked at: a writer that was overtaken is refused, looks again, and finds more. A page names the
generation of the status that it is made from; one that lags is made anew by whoever comes next.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.core.artifact import STATUS_PREFIX, drop_of_version, model_of_status, status_name
from shared.core.errors import ObjectNotFound, PreconditionFailed, StorageUnavailable
from shared.core.ledger import FORGOTTEN
from shared.core.page.style import policy
from shared.core.ports import Clock, ObjectMeta, ObjectStore
from shared.core.settings import Settings
from shared.core.status import parse
from shared.status import data, index, page
from shared.status.data import Json
from shared.status.near_miss import NearMiss
from shared.workflows.chronicle import Chronicle, Files
from shared.workflows.promotion import read_default

MADE_FROM = "dropserve-made-from"
_TRIES = 30
_JSON, _HTML = "application/json", "text/html; charset=utf-8"

Sleep = Callable[[float], None]
Made = tuple[bytes, str]
"""A page, and what it is made from."""


@dataclass(frozen=True)
class Publisher:
    """Writes status objects, at most one write to each in `settings.page_seconds`."""

    settings: Settings
    store: ObjectStore
    clock: Clock
    sleep: Sleep

    def refresh(
        self, model: str, missed: Iterable[NearMiss] = (), requests: Json | None = None
    ) -> None:
        """Bring the pages to what the ledger and the default say now.

        missed: objects that were ignored; those without a model are told on the page of all (then
        model is ""). requests: what is known anew of the requests to the live version. Raises
        RetryableError.
        """
        self.model(model, missed, requests)
        self.index()

    def model(
        self, model: str, missed: Iterable[NearMiss] = (), requests: Json | None = None
    ) -> None:
        """The same for the page of one model alone."""
        self.keep(model, [one.as_dict() for one in missed], requests)
        if model:
            self._publish(status_name(model), lambda: self._model_page(model))

    def index(self) -> None:
        """The same for the page of all."""
        self._publish(status_name(), self._index_page)

    def keep(self, model: str, missed: list[Json], requests: Json | None = None) -> None:
        """Write the status object, unless it says it all."""
        name = status_name(model, "json")
        chronicle = Chronicle(self.store, self.settings.state_bucket, model)
        waited: set[int] = set()
        for _ in range(_TRIES):
            old, meta = self._read(name)
            known = requests or old.get("requests")
            value = self._status(chronicle, old, missed, known) if model else _strays(old, missed)
            if value == old or (meta is None and _is_nothing(value)):
                return
            if self._too_soon(meta, waited):
                continue
            content = None if _is_nothing(value) else data.to_json(value)
            if self._write(name, meta, content, _JSON, data.head(value)):
                return
        raise StorageUnavailable(f"{name} changed {_TRIES} times meanwhile")

    def _status(
        self, chronicle: Chronicle, old: Json, missed: list[Json], requests: Json | None
    ) -> Json:
        drops = chronicle.drops()
        default, _ = read_default(self.store, self.settings.state_bucket, chronicle.model)
        live = drop_of_version(default.version) if default else None
        newest = sorted(drops, reverse=True)[: data.MOST_DROPS]
        shown = dict.fromkeys([*newest, *([live] if live in drops else [])])
        told = self._summaries(chronicle, {drop: drops[drop] for drop in shown if drop}, old)
        ignored = [*old.get("ignored", []), *missed]
        is_live = data.live(default, self.clock(), self.settings.pin_days) if default else None
        value = data.status(chronicle.model, told, len(drops), is_live, ignored)
        is_sampled = self.settings.sample_share > 0
        if is_sampled and default and requests and requests["version"] == default.version:
            value["requests"] = requests
        return value

    def _summaries(self, chronicle: Chronicle, drops: dict[str, Files], old: Json) -> list[Json]:
        """Those of the drops about which nothing new was told are taken as they are."""
        known = {one["drop"]: one for one in old.get("drops", [])}
        same = {
            drop for drop, files in drops.items() if known.get(drop, {}).get("entries") == [*files]
        }
        stories = chronicle.stories({d: files for d, files in drops.items() if d not in same})
        made = [
            data.summary(story, drops[drop]) for drop, story in stories.items() if story["steps"]
        ]
        return [*(known[drop] for drop in sorted(same)), *made]

    def _model_page(self, model: str) -> Made | None:
        value, meta = self._read(status_name(model, "json"))
        return (page.render(value), _made_from(str(meta.generation))) if meta and value else None

    def _index_page(self) -> Made:
        found = self.store.list(self.settings.state_bucket, STATUS_PREFIX)
        metas = [meta for meta in found if meta.name.endswith(".json")]
        lines = [
            index.Line(model, dict(meta.metadata))
            for meta in metas
            if (model := model_of_status(meta.name))
        ]
        ignored = self._read(status_name(kind="json"))[0] if len(lines) < len(metas) else {}
        from_ = _made_from(*(f"{meta.name} {meta.generation}" for meta in metas))
        return index.render(lines, ignored), from_

    def _publish(self, name: str, make: Callable[[], Made | None]) -> None:
        """Look at the page, then at what it is made from, then replace it: in this order."""
        waited: set[int] = set()
        for _ in range(_TRIES):
            there = self._stat(name)
            made = make()
            content, from_ = made or (None, "")
            if there.metadata.get(MADE_FROM) == from_ if there else content is None:
                return
            if self._too_soon(there, waited):
                continue
            if self._write(name, there, content, _HTML, {MADE_FROM: from_}):
                return
        raise StorageUnavailable(f"{name} changed {_TRIES} times meanwhile")

    def _too_soon(self, meta: ObjectMeta | None, waited: set[int]) -> bool:
        """Whether it was just written; then waits until it may be written again. Once for each
        generation (waited): a clock that is behind must not make it wait for ever."""
        if meta is None or meta.generation in waited:
            return False
        written = datetime.fromisoformat(meta.time_created)
        pause = self.settings.page_seconds
        left = pause - (self.clock() - written).total_seconds()
        if left > 0:
            self.sleep(min(left, pause))
            waited.add(meta.generation)
        return left > 0

    def _read(self, name: str) -> tuple[Json, ObjectMeta | None]:
        try:
            content, meta = self.store.read(self.settings.state_bucket, name)
        except ObjectNotFound:
            return {}, None
        return parse(content), meta

    def _stat(self, name: str) -> ObjectMeta | None:
        try:
            return self.store.stat(self.settings.state_bucket, name)
        except ObjectNotFound:
            return None

    def _write(
        self,
        name: str,
        there: ObjectMeta | None,
        content: bytes | None,
        kind: str,
        told: dict[str, str],
    ) -> bool:
        """Replace what is there, or (None) delete it; False where it is no longer that."""
        try:
            if content is None:
                return self._delete(there)
            self.store.write(
                self.settings.state_bucket,
                name,
                content,
                if_generation_match=there.generation if there else 0,
                content_type=kind,
                metadata=told,
            )
        except PreconditionFailed:
            return False
        return True

    def _delete(self, there: ObjectMeta | None) -> bool:
        if there is not None:
            with contextlib.suppress(ObjectNotFound):
                generation = there.generation
                self.store.delete(there.bucket, there.name, if_generation_match=generation)
        return True


def _is_nothing(value: Json) -> bool:
    """Whether nothing is told of the model any more, or only that all of it was forgotten."""
    drops = value["drops"]
    left = [drop for drop in drops if drop["state"] != FORGOTTEN]
    return not (left or value["live"] or (value["ignored"] and not drops))


def _strays(old: Json, missed: list[Json]) -> Json:
    """The near misses that belong to no model."""
    both = [*old.get("ignored", []), *missed]
    return {"format": 1, "ignored": data.missed(both), "drops": [], "live": None, "total": 0}


def _made_from(*parts: str) -> str:
    """What a page is made from, its look among it: a new one makes every page anew."""
    return hashlib.sha256("\n".join([policy(), *parts]).encode()).hexdigest()[:32]
