"""Deleting a version: mark it, look at the default, delete it or take the mark back.

Marked first, looked at then: whoever makes it the default meanwhile sees the mark, or is seen. The
mark carries a lease; what a crash left marked is finished by the next call that sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from serving.default_version import DefaultVersions
from serving.document import Documents, Held
from serving.lease import Lease
from serving.operation import Operations
from serving.record import Version
from serving.refusal import Refusal, failed_precondition
from shared.core import artifact
from shared.core.errors import DropserveError, PreconditionFailed


@dataclass(frozen=True)
class Deletion:
    """The deletion of versions."""

    documents: Documents
    operations: Operations
    defaults: DefaultVersions
    lease: Lease
    changed: Callable[[str], None] = field(default=lambda _: None)

    def delete(self, model: str, version: str) -> dict[str, Any]:
        """Delete a version; the default only where it is the model's only one.

        Raises Refusal 400, 404.
        """
        held = self.defaults.version(model, version)
        if held.value.state in ("CREATING", "DELETING") and not self.lease.over(
            held.value.lease_until
        ):
            raise failed_precondition(
                f"Version {version} is {held.value.state}; it cannot be deleted now.", "name"
            )
        self._refuse_default(held)
        self._finish(self._mark(held))
        return dict(self.operations.done("DELETE_VERSION", model, version, None))

    def resume(self, model: str, version: str) -> None:
        """Finish what a crash left marked; nothing where nothing is."""
        held = self.documents.find(artifact.registry_version_name(model, version), Version)
        if held is None or held.value.state != "DELETING":
            return
        if self.lease.over(held.value.lease_until):
            try:
                self._finish(self._mark(held))
            except DropserveError:
                return

    def _mark(self, held: Held[Version]) -> Held[Version]:
        marked = replace(held.value, state="DELETING", lease_until=self.lease.until())
        swapped = self.documents.replace(held, marked)
        self.changed(held.name)
        return swapped

    def _finish(self, marked: Held[Version]) -> None:
        version = marked.value
        try:
            self._refuse_default(marked)
        except Refusal:
            self._take_back(marked)
            raise
        self.defaults.clear(version.model, version.name)
        self.documents.delete(marked)
        self.defaults.elect(version.model)
        self.changed(marked.name)
        self.changed(artifact.default_name(version.model))

    def _refuse_default(self, held: Held[Version]) -> None:
        model, version = held.value.model, held.value.name
        if self.defaults.name(model) != version:
            return
        if len(self.documents.names(artifact.registry_version_name(model))) > 1:
            raise failed_precondition(
                f"Version {version} is the default version of model {model}. Make another one the "
                "default first.",
                "name",
            )

    def _take_back(self, marked: Held[Version]) -> None:
        state = "READY" if marked.value.generation else "FAILED"
        try:
            self.documents.replace(marked, replace(marked.value, state=state, lease_until=""))
        except PreconditionFailed:
            return
        self.changed(marked.name)
