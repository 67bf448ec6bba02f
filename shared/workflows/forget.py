"""Removes everything of a drop, or of a model, and leaves a tombstone that its events honour.

The tombstone comes first, so that nothing begins anew; the default moves before its version goes.
What a call under way writes afterwards is found by `reconcile`, which finishes the same way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.core import artifact
from shared.core.clock import timestamp
from shared.core.default import Default, without
from shared.core.errors import (
    InvalidRequest,
    ModelNotFound,
    ObjectNotFound,
    PermanentError,
    PreconditionFailed,
)
from shared.core.ledger import FORGOTTEN, Entry
from shared.core.ports import Clock, ModelPlatform, ObjectMeta, ObjectStore
from shared.core.settings import Settings
from shared.core.suggestion import suggestion
from shared.workflows.belongings import Belongings
from shared.workflows.election import Election
from shared.workflows.promotion import clear_default, read_default, reconcile_default, swap
from shared.workflows.story import Story

_ROUNDS = 3


class ForgetRefused(PermanentError):
    """There is nothing of that name to forget."""

    code = "forget_refused"


@dataclass(frozen=True)
class Plan:
    """What is to go. drops: with every copy of their CSVs; default: the version that gives way, and
    successor: to which one, "" for none; trained_on: other versions that learnt from these CSVs
    and stay."""

    model: str
    drops: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    objects: tuple[ObjectMeta, ...] = ()
    default: str = ""
    successor: str = ""
    trained_on: tuple[str, ...] = ()
    is_whole: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to remove."""
        return not (self.versions or self.objects or self.default)


@dataclass(frozen=True)
class Forget:
    """The person `by` has one model's drops forgotten."""

    model: str
    by: str
    settings: Settings
    store: ObjectStore
    platform: ModelPlatform
    clock: Clock

    def plan(self, drop: str = "") -> Plan:
        """What goes with a drop, or ("") with the whole model. Raises ForgetRefused."""
        belongings = self._belongings()
        known = belongings.drops()
        if drop and drop not in known:
            hint = suggestion(drop, sorted(known))
            raise ForgetRefused(f"{self.model} has no drop {drop!r}; {hint}")
        if not drop:
            return self._planned(belongings, known, is_whole=True)
        return self._planned(belongings, belongings.relatives(drop))

    def unfinished(self) -> Plan:
        """What is left of drops that were forgotten."""
        belongings = self._belongings()
        return self._planned(belongings, belongings.forgotten())

    def carry_out(self, plan: Plan) -> Plan:
        """Remove it all; what could not be removed yet, which `reconcile` tries again."""
        buried: set[str] = set()
        for _ in range(_ROUNDS):
            for drop in sorted({*plan.drops} - buried):
                self._bury(drop)
            if plan.is_empty:
                break
            buried |= {*plan.drops}
            self._remove(plan)
            plan = self._rest(plan)
        return plan

    def _rest(self, plan: Plan) -> Plan:
        """What is left; of a whole model with what came meanwhile."""
        belongings = self._belongings()
        drops = belongings.drops() if plan.is_whole else {*plan.drops}
        return self._planned(belongings, drops, is_whole=plan.is_whole)

    def _belongings(self) -> Belongings:
        return Belongings(self.model, self.settings, self.store)

    def _planned(self, belongings: Belongings, drops: set[str], *, is_whole: bool = False) -> Plan:
        if not drops and not is_whole:
            return Plan(self.model)
        versions = self._versions(drops, is_whole=is_whole)
        current, _ = read_default(self.store, self.settings.state_bucket, self.model)
        going = bool(current and (is_whole or current.version in _going(versions, drops)))
        successor = self._successor(current, {*versions}) if current and going else None
        return Plan(
            self.model,
            tuple(sorted(drops)),
            versions,
            tuple(belongings.everything() if is_whole else belongings.of(drops)),
            current.version if current and going else "",
            successor.version if successor else "",
            () if is_whole else tuple(belongings.trained_on(drops)),
            is_whole,
        )

    def _versions(self, drops: set[str], *, is_whole: bool) -> tuple[str, ...]:
        try:
            found = [info.version for info in self.platform.list_versions(self.model)]
        except ModelNotFound:
            return ()
        return tuple(sorted(v for v in found if is_whole or artifact.drop_of_version(v) in drops))

    def _successor(self, current: Default, versions: set[str]) -> Default | None:
        ports = self.settings, self.store, self.platform, self.model
        going = replace(current, leaving=tuple(sorted({*current.leaving, *versions})))
        try:
            return Election(*ports).instead(going)
        except ModelNotFound:
            return None

    def _bury(self, drop: str) -> None:
        """The tombstone, and an empty `received` beside it, which keeps every redelivery out."""
        bucket, now = self.settings.state_bucket, timestamp(self.clock())
        story = Story(self.store, bucket, self.clock, self.model, drop)
        story.tell(FORGOTTEN, by=self.by)
        empty = Entry(self.model, drop, "received", now, {})
        with contextlib.suppress(PreconditionFailed):  # an event came: `reconcile` looks again
            try:
                generation = self.store.stat(bucket, empty.name).generation
            except ObjectNotFound:
                generation = 0
            self.store.write(
                bucket,
                empty.name,
                empty.to_json(),
                if_generation_match=generation,
                content_type="application/json",
            )

    def _remove(self, plan: Plan) -> None:
        self._move_default(_going(plan.versions, plan.drops), is_whole=plan.is_whole)
        left = [*plan.versions]
        while left and len(kept := [v for v in left if not self._delete_version(v)]) < len(left):
            left = kept
        for meta in plan.objects:
            with contextlib.suppress(ObjectNotFound, PreconditionFailed):
                self.store.delete(meta.bucket, meta.name, if_generation_match=meta.generation)

    def _move_default(self, versions: set[str], *, is_whole: bool) -> None:
        """To the version that follows; away, where none does."""
        bucket = self.settings.state_bucket

        def step(now: Default | None) -> Default | None:
            if is_whole:
                return None
            if now and now.version not in versions:
                return without(now, {*now.leaving, *versions})
            was = now or Default(self.model, "", "")  # one that came to be good meanwhile follows
            follower = self._successor(was, versions)
            going = tuple(sorted({*was.leaving, *versions}))
            return follower and replace(follower, frozen_by=was.frozen_by, leaving=going)

        after, _ = swap(self.store, bucket, self.model, step)
        if after is not None and (is_whole or after.version in versions):
            clear_default(self.store, bucket, self.model, "" if is_whole else after.version)
        else:
            reconcile_default(self.store, bucket, self.platform, self.model)

    def _delete_version(self, version: str) -> bool:
        try:
            self.platform.delete_version(self.model, version)
        except (InvalidRequest, ModelNotFound):  # the platform's default until others are gone
            return False
        return True


def _going(versions: Iterable[str], drops: Iterable[str]) -> set[str]:
    """Versions that go; those of the drops too, since a default may outlive its version."""
    return {*versions, *map(artifact.version_of_drop, drops)}
