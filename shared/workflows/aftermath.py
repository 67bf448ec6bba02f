"""What follows once a step is told in the ledger: its status page, and its notice.

Neither can fail or hold up what it follows: each has its time, and what it could not do is done by
the next step, by a redelivery, or by reconcile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from shared.core.artifact import (
    LEDGER_PREFIX,
    STATUS_PREFIX,
    drop_of_version,
    model_of_status,
)
from shared.core.default import Default
from shared.core.errors import DropserveError
from shared.core.event import ObjectFinalized
from shared.core.ledger import CHOICES
from shared.core.outcome import DONE_BEFORE, IGNORED, Outcome
from shared.core.ports import Clock, Notifier, ObjectStore
from shared.core.settings import Settings
from shared.status import notice
from shared.status.near_miss import NearMiss, near_miss
from shared.workflows.crew import each
from shared.workflows.notify import LATER, REFUSED, Herald, Told
from shared.workflows.publish import Publisher

Line = dict[str, Any]
"""The arguments of one log line."""
Sleep = Callable[[float], None]

_QUIET = ("trained", "given_to_job", "another attempt is at work")
"""Ends of a delivery that another function, or another attempt, goes on from."""


@dataclass(frozen=True)
class Aftermath:
    """Pages and notices of one project. Every verb gives the lines to log and raises nothing."""

    settings: Settings
    store: ObjectStore
    notifier: Notifier | None
    clock: Clock
    sleep: Sleep = time.sleep

    def of(self, outcome: Outcome, event: ObjectFinalized | None = None) -> list[Line]:
        """After a workflow did what it did with an event."""
        if outcome.step == IGNORED:
            return self._ignored(event) if event else []
        step = outcome.step
        if step == DONE_BEFORE:
            step = str(outcome.facts.get("earlier", ""))
        if step in _QUIET:
            return []
        return [*self.page(outcome.model), *self.tell(outcome.model, outcome.drop, step)]

    def chosen(self, default: Default) -> list[Line]:
        """After a person moved, pinned or froze a default."""
        drop = drop_of_version(default.version)
        told = self.tell(default.model, drop, *CHOICES) if drop else []
        return [*self.page(default.model), *told]

    def repaired(
        self, model: str = "", requests: Mapping[str, dict[str, Any]] | None = None
    ) -> list[Line]:
        """After a reconcile of one model, or ("") of all: what is behind catches up. requests: of
        a model, what is known anew of the requests to its live version."""
        names = [model] if model else []
        error = None if model else self._bounded(lambda: names.extend(self.models()))
        lines = [_failed("status_page", model, error)] if error else []

        def catch_up(name: str) -> list[Line]:
            known = (requests or {}).get(name)
            page = self._page(name, lambda publisher: publisher.model(name, requests=known))
            return page + self._told(partial(self._herald.outstanding, name), name)

        lines += chain.from_iterable(each(catch_up, names))
        return lines + self._page("", Publisher.index)

    def models(self) -> list[str]:
        """Every model that the ledger tells of, or that has a status."""
        bucket = self.settings.state_bucket
        told = {meta.name.split("/")[1] for meta in self.store.list(bucket, LEDGER_PREFIX)}
        shown = {model_of_status(meta.name) for meta in self.store.list(bucket, STATUS_PREFIX)}
        return sorted((told | shown) - {""})

    def page(
        self,
        model: str,
        missed: Iterable[NearMiss] = (),
        requests: dict[str, Any] | None = None,
    ) -> list[Line]:
        """Bring the pages up to the ledger, and to what is known anew of requests."""
        return self._page(model, lambda publisher: publisher.refresh(model, missed, requests))

    def tell(self, model: str, drop: str, *steps: str) -> list[Line]:
        """Notify of the newest of these steps."""
        return self._told(lambda: self._herald.tell(model, drop, *steps), model)

    @property
    def _herald(self) -> Herald:
        return Herald(self.settings, self.store, self.notifier, self.clock, self.sleep)

    def _page(self, model: str, work: Callable[[Publisher], None]) -> list[Line]:
        publisher = Publisher(self.settings, self.store, self.clock, self.sleep)
        error = self._bounded(lambda: work(publisher))
        return [_failed("status_page", model, error)] if error else []

    def _ignored(self, event: ObjectFinalized) -> list[Line]:
        source = event.source
        if source.bucket != self.settings.data_bucket:
            return []
        missed = near_miss(source, event.size, self.settings.model_name)
        return self.page(missed.model, [missed]) if missed else []

    def _told(self, work: Callable[[], list[Told]], model: str = "") -> list[Line]:
        told: list[Told] = []
        error = self._bounded(lambda: told.extend(work()))
        failed = [_failed("notice", model, error)] if error else []
        return [*map(_line, told), *failed]

    def _bounded(self, work: Callable[[], None]) -> Exception | None:
        """Do it in the time there is. What takes longer goes on by itself, or dies unseen."""
        errors: list[Exception] = []
        thread = threading.Thread(target=_caught, args=(work, errors), daemon=True)
        thread.start()
        thread.join(2 * self.settings.aftermath_seconds)
        return TimeoutError("it took too long") if thread.is_alive() else next(iter(errors), None)


def _caught(work: Callable[[], None], errors: list[Exception]) -> None:
    try:
        work()
    except Exception as error:
        errors.append(error)


def _line(told: Told) -> Line:
    line = notice.as_log(*told)
    failed = told[1].startswith((LATER, REFUSED))
    return {**line, "severity": "ERROR"} if failed else line


def _failed(what: str, model: str, error: Exception) -> Line:
    known = isinstance(error, DropserveError | TimeoutError)
    return {
        "message": f"{model or 'status'}: {what} not written: {error}",
        "severity": "WARNING" if known else "ERROR",
        "model": model,
        "aftermath": what,
        "code": getattr(error, "code", type(error).__name__),
    }
