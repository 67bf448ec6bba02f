"""Tells a fact to the webhook: once where all goes well, and again where nobody can know.

Each attempt is claimed by an object that can only be created, and success leaves another one. Who
finds a claim that is not old leaves the notice to its holder; an old one without success is taken
over. So a death between the answer of the webhook and the mark sends it a second time, with the
same `id`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.core import artifact
from shared.core.artifact import NOTICES_PREFIX, notice_name
from shared.core.creation import create
from shared.core.errors import NoticeNotTaken, NoticeRefused
from shared.core.ledger import Entry
from shared.core.ports import Clock, Notifier, ObjectStore
from shared.core.settings import Settings
from shared.status import notice
from shared.workflows.chronicle import Chronicle

SENT = "sent"
BEFORE = "sent before"
ELSEWHERE = "being sent elsewhere"
LATER = "not taken yet"
REFUSED = "refused"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 4.0
_NEW = timedelta(hours=3)
"""A fact as young as this, of which no notice was ever begun, is told by reconcile."""
_ONE_TRY_SECONDS = 5.0

Sleep = Callable[[float], None]
Told = tuple[dict[str, Any], str]
"""A notice, and what became of it; "" where there is no webhook."""


@dataclass(frozen=True)
class Herald:
    """Sends notices of one project. notifier: None where there is no webhook."""

    settings: Settings
    store: ObjectStore
    notifier: Notifier | None
    clock: Clock
    sleep: Sleep

    def tell(self, model: str, drop: str, *steps: str) -> list[Told]:
        """The newest of these steps of a drop, if it is one that people are told of."""
        story = self._chronicle(model).story(drop)
        last = [entry for entry in sorted(story, key=lambda e: e.order) if entry.step in steps][-1:]
        return [self._tell(entry, story) for entry in last if notice.kind(entry)]

    def outstanding(self, model: str) -> list[Told]:
        """Send what was claimed and never arrived, and what is new and was never claimed."""
        if self.notifier is None:
            return []
        begun: dict[tuple[str, str], set[str]] = {}
        for meta in self.store.list(self.settings.state_bucket, f"{NOTICES_PREFIX}{model}/"):
            _, _, drop, file = meta.name.split("/")
            fact, word = file.removesuffix(".json").rsplit(".", 1)
            begun.setdefault((drop, fact), set()).add(word)
        unsent = {place for place, words in begun.items() if SENT not in words}
        left = sorted(unsent | (self._new(model) - begun.keys()))
        return [told for drop, fact in left for told in self._again(model, drop, fact)]

    def _new(self, model: str) -> set[tuple[str, str]]:
        """Drop and fact of what was told lately, of which people may have to be told."""
        since, prefix = self.clock() - _NEW, artifact.ledger_prefix(model)
        metas = self.store.list(self.settings.state_bucket, prefix)
        names = (meta.name for meta in metas if meta.source.created > since)
        files = (name[len(prefix) :].removesuffix(".json").split("/") for name in names)
        return {(drop, fact) for drop, fact in files if notice.may_tell(fact)}

    def _again(self, model: str, drop: str, fact: str) -> Iterator[Told]:
        story = self._chronicle(model).story(drop)
        for entry in story:
            if notice.fact(entry) == fact and notice.kind(entry):
                yield self._tell(entry, story)

    def _chronicle(self, model: str) -> Chronicle:
        return Chronicle(self.store, self.settings.state_bucket, model)

    def _tell(self, entry: Entry, story: list[Entry]) -> Told:
        link = notice.page(self.settings.pages_url, self.settings.state_bucket, entry.model)
        told = notice.notice(entry, story, link)
        return told, self._send(entry, notice.to_json(told)) if self.notifier else ""

    def _send(self, entry: Entry, body: bytes) -> str:
        if why_not := self._claim(entry):
            return why_not
        end = self.clock() + timedelta(seconds=self.settings.aftermath_seconds)
        try:
            self._until(end, body)
        except NoticeNotTaken as error:
            return f"{LATER}: {error}"
        except NoticeRefused as error:
            self._mark(entry, SENT)  # nothing is gained by asking again
            return f"{REFUSED}: {error}"
        self._mark(entry, SENT)
        return SENT

    def _until(self, end: datetime, body: bytes) -> None:
        """Try until it is taken or the time is over. Raises NoticeNotTaken, NoticeRefused."""
        assert self.notifier is not None
        pause = _FIRST_PAUSE
        while True:
            left = (end - self.clock()).total_seconds()
            try:
                self.notifier.send(body, timeout=max(min(left, _ONE_TRY_SECONDS), 0.1))
                return
            except NoticeNotTaken:
                if left <= 2 * pause:
                    raise
            self.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _claim(self, entry: Entry) -> str:
        """Take the notice; else why not."""
        prefix = notice_name(entry.model, entry.drop, notice.fact(entry))
        metas = list(self.store.list(self.settings.state_bucket, prefix))
        if any(meta.name == f"{prefix}{SENT}.json" for meta in metas):
            return BEFORE
        lapse = timedelta(seconds=self.settings.lease_seconds)
        newest = max((datetime.fromisoformat(meta.time_created) for meta in metas), default=None)
        if newest and self.clock() - newest < lapse:
            return ELSEWHERE
        return "" if self._mark(entry, str(len(metas) + 1)) else ELSEWHERE

    def _mark(self, entry: Entry, word: str) -> bool:
        """Create an empty object; False where it stands already."""
        name = notice_name(entry.model, entry.drop, notice.fact(entry), word)
        return create(self.store, self.settings.state_bucket, name, b"{}")
