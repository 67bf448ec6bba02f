"""The models of the project: create, get, list, patch, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from serving.caller import Caller
from serving.default_version import DefaultVersions
from serving.document import Documents, Held
from serving.field import MODEL_MASK, model_fields, patch_of, resource_name
from serving.lease import Lease
from serving.operation import Operations
from serving.page import Page, listing
from serving.record import Model, Version
from serving.refusal import Refusal, failed_precondition, no_model
from serving.version import expect_etag
from serving.wire import model_body, version_body
from shared.core import artifact
from shared.core.clock import timestamp
from shared.core.errors import PreconditionFailed


@dataclass(frozen=True)
class Models:
    """The control plane's side of `projects.models`."""

    documents: Documents
    operations: Operations
    defaults: DefaultVersions
    lease: Lease
    max_models: int = 100
    changed: Callable[[str], None] = field(default=lambda _: None)

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """Create a model. Refusal 400, 409, 429."""
        name, fields = resource_name(body, "model"), model_fields(body)
        path = artifact.registry_model_name(name)
        names = self.documents.names(artifact.registry_model_name())
        if path not in names and len(names) >= self.max_models:
            raise Refusal(
                429,
                f"The project has {len(names)} models, and {self.max_models} are allowed: delete "
                "some.",
            )
        try:
            held = self.documents.create(path, Model(name, timestamp(self.lease.clock()), fields))
        except PreconditionFailed:
            raise Refusal(409, "A model with the same name already exists.", "model.name") from None
        return self._body(held, "")

    def get(self, model: str) -> dict[str, Any]:
        """A model with its default version. Refusal 404."""
        return self._body(self._held(model), self.defaults.elect(model))

    def list(self, page: Page) -> dict[str, Any]:
        """The project's models, by name."""
        names, token = page.cut(self.documents.names(artifact.registry_model_name()))
        found = self.documents.read_all(names, Model)
        bodies = [self._body(held, self.defaults.name(held.value.name)) for held in found]
        return listing("models", bodies, token)

    def patch(self, model: str, body: dict[str, Any], mask: str, caller: Caller) -> dict[str, Any]:
        """Change what the mask names; `default_version.name` moves the default. Refusal 400."""
        values, named = patch_of(body, mask, MODEL_MASK, "model")
        held = self._held(model)
        expect_etag(body, held)
        if "default" in named:
            self._move_default(model, body, caller)
        own = named - {"default"}
        if own:
            kept = {key: value for key, value in held.value.fields.items() if key not in own}
            held = self.documents.replace(held, replace(held.value, fields=kept | values))
        answer = self._body(held, self.defaults.name(model))
        return dict(self.operations.done("UPDATE_MODEL", model, "", answer))

    def delete(self, model: str) -> dict[str, Any]:
        """Delete a model that has no versions. Refusal 400, 404.

        Marked first, looked at then: a version created meanwhile sees the mark, or is seen.
        """
        held = self._held(model)
        marked = self.documents.replace(
            held, replace(held.value, deleting_until=self.lease.until())
        )
        if self.documents.names(artifact.registry_version_name(model)):
            self.documents.replace(marked, held.value)
            raise failed_precondition(
                f"Model {model} has versions. Delete all of its versions first.", "name"
            )
        if self.lease.over(marked.value.deleting_until) or not self.documents.delete(marked):
            raise Refusal(409, "The deletion took too long. Try again.", status="ABORTED")
        default = self.defaults.find(model)
        if default:
            self.documents.delete(default)
        self.changed(artifact.default_name(model))
        return dict(self.operations.done("DELETE_MODEL", model, "", None))

    def _move_default(self, model: str, body: dict[str, Any], caller: Caller) -> None:
        wanted = body.get("defaultVersion")
        name = wanted.get("name") if isinstance(wanted, dict) else None
        if not isinstance(name, str) or not name:
            raise Refusal(400, "It must name a version.", "model.default_version.name")
        self.defaults.set(model, name.rpartition("/")[2], caller)
        self.changed(artifact.default_name(model))

    def _held(self, model: str) -> Held[Model]:
        held = self.documents.find(artifact.registry_model_name(model), Model)
        if held is None:
            raise no_model(model)
        return held

    def _body(self, held: Held[Model], default: str) -> dict[str, Any]:
        project = self.operations.project
        version = default and self.documents.find(
            artifact.registry_version_name(held.value.name, default), Version
        )
        body = version_body(project, version, default) if version else None
        return model_body(project, held, body)
