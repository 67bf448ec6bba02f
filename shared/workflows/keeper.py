"""What reconcile does for one model that is live, whatever goes wrong with others."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.core import artifact
from shared.core.default import pin_days
from shared.core.errors import DropserveError, ModelNotFound
from shared.core.ports import Clock, ModelPlatform, ObjectStore
from shared.core.settings import Settings
from shared.workflows.choice import Choice
from shared.workflows.collect import Collector
from shared.workflows.promotion import is_reconciled, read_default, reconcile_default

BY = "reconcile"


@dataclass
class Repairs:
    """What reconcile did, or would do.

    sent: addresses of objects; defaults: models; collected: `model/version`; forgotten: what was
    still there of drops that are forgotten. failed: what was not taken -> why. pinned_days: models
    whose pin is old -> its days; that is for a person to mend.
    """

    sent: list[str] = field(default_factory=list)
    defaults: list[str] = field(default_factory=list)
    collected: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    pinned_days: dict[str, int] = field(default_factory=dict)

    def add(self, other: Repairs) -> None:
        """What another part of the work did."""
        self.defaults += other.defaults
        self.collected += other.collected
        self.failed |= other.failed
        self.pinned_days |= other.pinned_days


class Keeper:
    """The default and the old versions of one model. models: how many there are, 0: unknown."""

    def __init__(
        self,
        model: str,
        settings: Settings,
        store: ObjectStore,
        platform: ModelPlatform,
        clock: Clock,
        models: int,
    ) -> None:
        self._model, self._settings, self._clock = model, settings, clock
        self._ports = store, settings.state_bucket, platform, model
        self._person = Choice(model, BY, settings, store, platform, clock)
        self._collector = Collector(model, settings, store, platform, clock, models)

    def keep(self, *, dry_run: bool) -> Repairs:
        """Set it right and collect, or tell what would be done; and what hindered it."""
        try:
            return self._look() if dry_run else self._mend()
        except ModelNotFound:
            return Repairs()  # no version of it was ever live
        except DropserveError as error:
            return Repairs(failed={artifact.default_name(self._model): str(error)})

    def _mend(self) -> Repairs:
        moved = bool(self._person.follow()) or reconcile_default(*self._ports)
        if moved:
            reconcile_default(*self._ports)
        return self._told(moved, self._collector.sweep())

    def _look(self) -> Repairs:
        would = bool(self._person.successor()) or not is_reconciled(*self._ports)
        return self._told(would, self._collector.all_due())

    def _told(self, moved: bool, collected: list[str]) -> Repairs:
        current, _ = read_default(*self._ports[:2], self._model)
        days = pin_days(current, self._clock()) if current else 0
        return Repairs(
            defaults=[self._model] if moved else [],
            collected=[f"{self._model}/{version}" for version in collected],
            pinned_days={self._model: days} if days >= self._settings.pin_days else {},
        )
