"""The model registry: versions found by our label, uploaded, given the default alias, deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.core.errors import (
    AlreadyExists,
    ModelNotFound,
    PlatformUnavailable,
    VersionNotFound,
)
from shared.core.ports import VersionSpec
from shared.gcp.vertex.client import VertexClient
from shared.gcp.vertex.image import Image
from shared.gcp.vertex.name import VERSION_LABEL, Location, alias, labels
from shared.gcp.vertex.operation import Operations, is_a

DEFAULT = "default"
_PAGE = 100


@dataclass(frozen=True)
class Registered:
    """One upload. number: the registry's own version id; version: ours, "" for a person's."""

    number: str
    version: str
    artifact_uri: str
    is_default: bool
    create_time: str


class Registry:
    """The models of one location."""

    def __init__(
        self, client: VertexClient, operations: Operations, location: Location, image: Image
    ) -> None:
        self._client, self._operations = client, operations
        self._location, self._image = location, image

    def every(self, model: str, version: str = "") -> list[Registered]:
        """All uploads of a model or of one version of it, oldest first. Raises ModelNotFound."""
        found: list[dict[str, Any]] = []
        token = None
        while True:
            page = self._page(model, version, token)
            found += page.get("models", [])
            token = page.get("nextPageToken")
            if not token:
                return sorted(map(_registered, found), key=lambda one: int(one.number))

    def find(self, model: str, version: str = "") -> list[Registered]:
        """The same; none where the model is not there either."""
        try:
            return self.every(model, version)
        except ModelNotFound:
            return []

    def has_model(self, model: str) -> bool:
        """Whether the model is there."""
        name = self._location.model(model)
        try:
            self._client.call(lambda api: api.models.get(name=name), ModelNotFound)
        except ModelNotFound:
            return False
        return True

    def upload(self, spec: VersionSpec) -> list[Registered]:
        """The uploads of a version when there is at least one.

        An upload is not idempotent: its label is looked for first, and one that runs is waited
        for. Two processes may still both upload; the endpoint's label says which one counts.
        """
        for running in self._operations.under(self._location.model(spec.model)):
            if is_a(running, "UploadModel") and not running.get("done"):
                self._operations.finish(running)
        if found := self.find(spec.model, spec.version):
            return found
        try:
            self._operations.finish(self._begin(spec))
        except AlreadyExists as error:
            raise PlatformUnavailable(f"model {spec.model} came up meanwhile") from error
        if found := self.find(spec.model, spec.version):
            return found
        raise PlatformUnavailable(f"the registry does not list {spec.version} yet")

    def make_default(self, model: str, number: str) -> None:
        """Move the alias `default`; every model has exactly one."""
        name, body = self._location.model(model, number), {"versionAliases": [DEFAULT]}
        self._client.call(
            lambda api: api.models.mergeVersionAliases(name=name, body=body), VersionNotFound
        )

    def delete(self, model: str, number: str) -> None:
        """Delete one upload; one that is gone is success."""
        name = self._location.model(model, number)
        self._delete(lambda api: api.models.deleteVersion(name=name))

    def delete_model(self, model: str) -> None:
        """Delete a model with its last upload, which cannot be deleted alone."""
        name = self._location.model(model)
        self._delete(lambda api: api.models.delete(name=name))

    def _delete(self, make: Any) -> None:
        try:
            self._operations.insist(lambda: self._client.call(make, VersionNotFound))
        except VersionNotFound:
            return

    def _begin(self, spec: VersionSpec) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self._body(spec)}
        if self.has_model(spec.model):
            body["parentModel"] = self._location.model(spec.model)
        else:
            body["modelId"] = spec.model
        operation: dict[str, Any] = self._client.call_once(
            lambda api: api.models.upload(parent=self._location.name, body=body), ModelNotFound
        )
        return operation

    def _body(self, spec: VersionSpec) -> dict[str, Any]:
        return {
            "displayName": spec.model,
            "versionDescription": spec.description,
            "artifactUri": spec.deployment_uri,
            "containerSpec": self._image.specification,
            "labels": labels(spec.model, spec.version),
            "versionAliases": [alias(spec.version)],
        }

    def _page(self, model: str, version: str, token: str | None) -> dict[str, Any]:
        page: dict[str, Any] = self._client.call(
            lambda api: api.models.listVersions(
                name=self._location.model(model),
                filter=f'labels.{VERSION_LABEL}="{version}"' if version else None,
                pageSize=_PAGE,
                pageToken=token,
            ),
            ModelNotFound,
        )
        return page


def _registered(model: dict[str, Any]) -> Registered:
    return Registered(
        number=model["versionId"],
        version=model.get("labels", {}).get(VERSION_LABEL, ""),
        artifact_uri=model.get("artifactUri", ""),
        is_default=DEFAULT in model.get("versionAliases", []),
        create_time=model.get("versionCreateTime", ""),
    )
