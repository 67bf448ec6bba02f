"""What a person decides about a model's default: roll back, release, promote, freeze, unfreeze.

Each is one compare-and-swap of the desired default by the rules of shared/core/default.py, then
the platform is brought to it, and the ledger of the version's drop tells who did it.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core import artifact, default
from shared.core.clock import timestamp
from shared.core.default import Default, VersionLeaves
from shared.core.errors import ModelNotFound, PermanentError, VersionNotFound
from shared.core.ports import Clock, ModelPlatform, ObjectStore
from shared.core.settings import Settings
from shared.core.suggestion import nearest
from shared.workflows.election import Election
from shared.workflows.promotion import Step, clear_default, read_default, reconcile_default, swap
from shared.workflows.story import Story


class ChoiceRefused(PermanentError):
    """A choice that cannot be carried out; the message says why and what can be."""

    code = "choice_refused"


@dataclass(frozen=True)
class Choice:
    """The person `by` at one model. Each verb gives the default that stands afterwards.

    Raises ChoiceRefused, ModelNotFound, RetryableError.
    """

    model: str
    by: str
    settings: Settings
    store: ObjectStore
    platform: ModelPlatform
    clock: Clock

    def rollback(self, version: str = "") -> Default:
        """Pin a version, by default the one before; no newer one replaces it until `unpin`."""
        now = self._now()
        target = self._target(version) if version else self._before(now)
        return self._move(target, lambda was: self._pin(was, target))

    def promote(self, version: str) -> Default:
        """Make a version the default, a held one too; that ends a pin.

        Where a newer version is the default or could be it pins, as a rollback does: else the next
        look at which is the newest would undo it.
        """
        target = self._target(version)
        overtaken = self._election().newest(target) is not None

        def rule(was: Default | None) -> Default | None:
            newer = was is not None and default.is_newer(was, target)
            return self._pin(was, target) if overtaken or newer else default.promoted(was, target)

        return self._move(target, rule)

    def _pin(self, was: Default | None, target: Default) -> Default | None:
        return default.chosen(was, target, self.by, timestamp(self.clock()))

    def unpin(self) -> Default:
        """End a pin; the newest version that may be is the default again."""
        return self._release("unpinned", default.unpinned)

    def unfreeze(self) -> Default:
        """Let promotions go on, beginning with the newest version that may be the default."""
        return self._release("unfrozen", default.unfrozen)

    def freeze(self) -> Default:
        """Stop promotions; training and releasing go on."""
        self._now()
        after, generation = self._swap(lambda was: was and default.frozen(was, self.by))
        if generation:
            self._tell(after.version, "frozen", generation)
        return after

    def follow(self) -> Default | None:
        """Make the newest version the default that may be, None where nothing had to move.

        A release that met a pin or a freeze tells so only afterwards: it may be looked for too
        early by whoever ends them, so it is looked for again.
        """
        newest = self.successor()
        if newest is None:
            return None
        after, generation = self._swap(lambda now: now and default.successor(now, newest))
        if generation:
            self._tell(after.version, "promoted", generation, replaced=after.previous)
        return after if generation else None

    def successor(self) -> Default | None:
        """The version that should be the default and is not, None where all is as it should be."""
        was = self._now()
        return None if was.pinned_by or was.frozen_by else self._election().newest(was)

    def _release(self, step: str, rule: default.Release) -> Default:
        """Undo a pin or a freeze; which version is the newest is looked up for each try."""
        before = self._now()

        def freed(was: Default | None) -> Default | None:
            nonlocal before
            if was is None or rule(was, None) is None:
                return None
            before = was
            return rule(was, self._election().newest(was))

        after, generation = self._swap(freed)
        if generation:
            self._tell(before.version, step, generation)
        if generation and after.version != before.version:
            self._tell(after.version, "promoted", generation, reason=step, replaced=before.version)
        after = self.follow() or after
        reconcile_default(self.store, self.settings.state_bucket, self.platform, self.model)
        return after

    def _move(self, target: Default, rule: Step) -> Default:
        """Make `target` the default, unless it is gone by the time that it is."""
        before: Default | None = None

        def move(was: Default | None) -> Default | None:
            nonlocal before
            before = was
            return rule(was)

        after, generation = self._swap(move)
        if generation and not self._is_ready(target.version):
            self._undo(after, before)
            raise ChoiceRefused(f"version {target.version} of {self.model} is being deleted")
        if generation:
            replaced = after.previous if before and before.version != after.version else ""
            step = "pinned" if after.pinned_by else "promoted"
            self._tell(after.version, step, generation, replaced=replaced)
        reconcile_default(self.store, self.settings.state_bucket, self.platform, self.model)
        return after

    def _undo(self, after: Default, before: Default | None) -> None:
        """Back to what was before, which may have been nothing, unless somebody chose meanwhile."""
        if before is None:
            clear_default(self.store, self.settings.state_bucket, self.model, after.version)
        else:
            self._swap(lambda now: before if now == after else None)

    def _swap(self, step: Step) -> tuple[Default, int]:
        try:
            after, generation = swap(self.store, self.settings.state_bucket, self.model, step)
        except VersionLeaves as error:
            raise ChoiceRefused(str(error)) from None
        if after is None:
            raise self._nothing_live()
        return after, generation

    def _now(self) -> Default:
        current, _ = read_default(self.store, self.settings.state_bucket, self.model)
        if current is None:
            raise self._nothing_live()
        return current

    def _nothing_live(self) -> ModelNotFound:
        return ModelNotFound(f"no version of a model {self.model!r} is live")

    def _target(self, version: str) -> Default:
        election = self._election()
        try:
            info = self.platform.get_version(self.model, version)
        except VersionNotFound:
            known = [v.version for v in self.platform.list_versions(self.model)]
            near = nearest(version, known)
            hint = f"did you mean {near}?" if near else f"./run versions {self.model} lists them"
            raise ChoiceRefused(f"{self.model} has no version {version!r}; {hint}") from None
        if info.state != "READY":
            raise ChoiceRefused(
                f"version {version} of {self.model} is {info.state}; only a READY one can be the "
                "default"
            )
        if not election.proven(version):
            raise ChoiceRefused(
                f"version {version} of {self.model} has not proven that it answers as its model "
                "did; its release failed or is not over"
            )
        return election.default(info)

    def _before(self, now: Default) -> Default:
        found = self._election().before(now)
        if found is None:
            raise ChoiceRefused(
                f"{self.model} has no version from before {now.version} to go back to; "
                f"./run versions {self.model} lists those there are"
            )
        return found

    def _is_ready(self, version: str) -> bool:
        try:
            return self.platform.get_version(self.model, version).state == "READY"
        except VersionNotFound:
            return False

    def _election(self) -> Election:
        return Election(self.settings, self.store, self.platform, self.model)

    def _tell(self, version: str, step: str, generation: int, **facts: str) -> None:
        drop = artifact.drop_of_version(version)
        if drop is None:  # a person named it; no drop has its story
            return
        story = Story(self.store, self.settings.state_bucket, self.clock, self.model, drop)
        story.tell(step, str(generation), by=self.by, **{k: v for k, v in facts.items() if v})
