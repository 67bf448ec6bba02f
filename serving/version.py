"""The versions of a model: get, list, patch, setDefault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from serving.caller import Caller
from serving.creation import Creation
from serving.default_version import DefaultVersions
from serving.deletion import Deletion
from serving.document import Documents, Held
from serving.field import VERSION_MASK, patch_of
from serving.operation import Operations
from serving.page import Page, listing
from serving.record import Model, Version
from serving.refusal import Refusal, failed_precondition, no_model, no_version
from serving.wire import etag, version_body
from shared.core import artifact
from shared.core.errors import PreconditionFailed


@dataclass(frozen=True)
class Versions:
    """The control plane's side of `projects.models.versions`."""

    documents: Documents
    operations: Operations
    defaults: DefaultVersions
    creation: Creation
    deletion: Deletion
    changed: Callable[[str], None] = field(default=lambda _: None)

    def get(self, model: str, version: str) -> dict[str, Any]:
        """A version; one whose creator is gone is taken up again first. Refusal 404.

        The first one is READY a moment before it is the default: nobody sees it in between.
        """
        self.creation.resume(model, version)
        self.deletion.resume(model, version)
        held = self.defaults.version(model, version)
        named = self.defaults.elect if held.value.state == "READY" else self.defaults.name
        return version_body(self.operations.project, held, named(model))

    def list(self, model: str, page: Page) -> dict[str, Any]:
        """A model's versions, by name. Refusal 404 where there is no such model."""
        if self.documents.find(artifact.registry_model_name(model), Model) is None:
            raise no_model(model)
        names, token = page.cut(self.documents.names(artifact.registry_version_name(model)))
        default = self.defaults.name(model)
        found = self.documents.read_all(names, Version)
        bodies = [version_body(self.operations.project, held, default) for held in found]
        return listing("versions", bodies, token)

    def patch(self, model: str, version: str, body: dict[str, Any], mask: str) -> dict[str, Any]:
        """Change what the mask names. Refusal 400, 404, 409 (the etag is an older one's)."""
        values, named = patch_of(body, mask, VERSION_MASK, "version")
        held = self._settled(model, version)
        expect_etag(body, held)
        kept = {key: value for key, value in held.value.fields.items() if key not in named}
        held = self._swap(held, replace(held.value, fields=kept | values))
        return dict(self.operations.done("UPDATE_VERSION", model, version, self._body(held)))

    def set_default(self, model: str, version: str, caller: Caller) -> dict[str, Any]:
        """Make it the default, and give the version."""
        held = self.defaults.set(model, version, caller)
        self.changed(artifact.default_name(model))
        return self._body(held)

    def _settled(self, model: str, version: str) -> Held[Version]:
        held = self.defaults.version(model, version)
        if held.value.state not in ("READY", "FAILED"):
            raise failed_precondition(
                f"Version {version} is {held.value.state}; it cannot be updated now.", "name"
            )
        return held

    def _swap(self, held: Held[Version], value: Version) -> Held[Version]:
        try:
            swapped = self.documents.replace(held, value)
        except PreconditionFailed:
            if self.documents.find(held.name, Version) is None:
                raise no_version(value.model, value.name) from None
            raise
        self.changed(held.name)
        return swapped

    def _body(self, held: Held[Version]) -> dict[str, Any]:
        version = held.value
        return version_body(self.operations.project, held, self.defaults.name(version.model))


def expect_etag(body: dict[str, Any], held: Held[Any]) -> None:
    """Refusal 409 where the body carries an etag, and not the current one."""
    if body.get("etag") not in (None, "", etag(held.generation)):
        raise Refusal(409, "The etag is not the current one: read again.", "etag", "ABORTED")
