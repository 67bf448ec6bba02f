"""The default version of each model: the object in STATE that says so is the default itself."""

from __future__ import annotations

from dataclasses import dataclass

from serving.caller import Caller
from serving.document import Documents, Held
from serving.record import Version
from serving.refusal import Refusal, failed_precondition, no_version
from shared.core import artifact
from shared.core.default import Default, VersionLeaves, chosen, successor
from shared.core.errors import PreconditionFailed


@dataclass(frozen=True)
class DefaultVersions:
    """Reads and moves defaults, by compare-and-swap only."""

    documents: Documents

    def find(self, model: str) -> Held[Default] | None:
        """The default as stored."""
        return self.documents.find(artifact.default_name(model), Default)

    def name(self, model: str) -> str:
        """Name of the default version, "" where there is none."""
        held = self.find(model)
        return held.value.version if held else ""

    def version(self, model: str, version: str) -> Held[Version]:
        """A version's record; Refusal 404."""
        held = self.documents.find(artifact.registry_version_name(model, version), Version)
        if held is None:
            raise no_version(model, version)
        return held

    def offer(self, version: Version) -> None:
        """Make a READY version the default of a model that has none; it does not pin."""
        held = self.find(version.model)
        if held and self._stands(held.value):
            return
        try:
            if held:
                self.documents.replace(held, _default(version))
            else:
                self.documents.create(artifact.default_name(version.model), _default(version))
        except PreconditionFailed:
            return

    def elect(self, model: str) -> str:
        """The default's name; where there is none, the first version that is READY becomes it.

        Mends what a crash between READY and the default left.
        """
        held = self.find(model)
        if held and self._stands(held.value):
            return held.value.version
        names = self.documents.names(artifact.registry_version_name(model))
        for found in self.documents.read_all(names, Version):
            if found.value.state == "READY":
                self.offer(found.value)
                return self.name(model)
        return ""

    def _stands(self, default: Default) -> bool:
        """Whether its version is there still."""
        name = artifact.registry_version_name(default.model, default.version)
        return self.documents.find(name, Version) is not None

    def set(self, model: str, version: str, caller: Caller) -> Held[Version]:
        """Make a READY version the default; a person's choice pins it.

        Raises Refusal 404, 400.
        """
        target = self.version(model, version)
        if target.value.state != "READY":
            raise failed_precondition(
                f"Version {version} is {target.value.state}; only a READY one can be the default.",
                "name",
            )
        before = self._swap(target.value, caller)
        after = self.documents.find(target.name, Version)
        if after is None or after.value.state != "READY":
            self._undo(model, version, before)
            raise _leaves(version)
        return target

    def clear(self, model: str, version: str) -> None:
        """Forget the default of a model whose default version goes."""
        held = self.find(model)
        if held and held.value.version == version:
            self.documents.delete(held)

    def _swap(self, version: Version, caller: Caller) -> Default | None:
        while True:
            held = self.find(version.model)
            current = held.value if held else None
            try:
                wanted = _moved(current, _default(version), caller)
            except VersionLeaves:
                raise _leaves(version.name) from None
            if wanted is None:
                return current
            try:
                if held:
                    self.documents.replace(held, wanted)
                else:
                    self.documents.create(artifact.default_name(version.model), wanted)
            except PreconditionFailed:
                continue
            return current

    def _undo(self, model: str, version: str, before: Default | None) -> None:
        held = self.find(model)
        if held is None or held.value.version != version:
            return
        if before is None or before.version == version:
            self.documents.delete(held)
            return
        try:
            self.documents.replace(held, before)
        except PreconditionFailed:
            return


def _leaves(version: str) -> Refusal:
    return failed_precondition(f"Version {version} is being deleted.", "name")


def _moved(current: Default | None, wanted: Default, caller: Caller) -> Default | None:
    """What the default becomes. `deploy_version` moves the object itself before it calls, so its
    call, which may come late, never sets a newer default back."""
    return chosen(current, wanted, caller.by) if caller.chooses else successor(current, wanted)


def _default(version: Version) -> Default:
    order = version.order
    return Default(
        version.model,
        version.name,
        version.deployment_uri,
        (str(order[0]), int(order[1]), str(order[2])) if order else None,
    )
