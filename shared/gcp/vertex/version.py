"""What there is of a version on Vertex AI, and the state in ml v1's words that follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.errors import ModelNotFound, PlatformUnavailable, VersionNotFound
from shared.core.ports import VersionInfo
from shared.gcp.vertex.endpoint import Endpoint, Endpoints
from shared.gcp.vertex.name import is_name
from shared.gcp.vertex.operation import Operation, failure
from shared.gcp.vertex.registry import Registered, Registry

_NO_ENDPOINT = "it has no endpoint of its own any more; create it again to deploy it"
_OTHER = "its endpoint serves something else; delete the version and create it again"


@dataclass(frozen=True)
class Version:
    """Its endpoint, None where there is none; its uploads, oldest first; its latest deployment."""

    model: str
    version: str
    endpoint: Endpoint | None
    uploads: tuple[Registered, ...]
    deployment: Operation | None

    @property
    def is_deploying(self) -> bool:
        """Whether a deployment runs."""
        return self.deployment is not None and not self.deployment.get("done")

    @property
    def failure(self) -> str:
        """Why it can never serve, "" where it may yet."""
        if self.endpoint is None:
            return _NO_ENDPOINT
        if self.endpoint.numbers:
            return "" if self._is_chosen or self.is_deploying else _OTHER
        failed = failure(self.deployment) if self.deployment else None
        return "" if failed is None or isinstance(failed, PlatformUnavailable) else str(failed)

    @property
    def state(self) -> str:
        """CREATING, READY, FAILED or DELETING."""
        if self.endpoint and self.endpoint.deleting:
            return "DELETING"
        if self.failure:
            return "FAILED"
        ready = self.endpoint and self.endpoint.numbers and not self.is_deploying
        return "READY" if ready else "CREATING"

    @property
    def is_default(self) -> bool:
        """Whether one of its uploads has the alias `default`."""
        return any(upload.is_default for upload in self.uploads)

    @property
    def info(self) -> VersionInfo:
        """As the port tells it."""
        endpoint, state = self.endpoint, self.state
        uris = [endpoint.deployment_uri] if endpoint else [one.artifact_uri for one in self.uploads]
        return VersionInfo(
            model=self.model,
            version=self.version,
            deployment_uri=uris[0],
            state=state,
            is_default=self.is_default,
            error_message=self.failure if state == "FAILED" else "",
            create_time=endpoint.create_time if endpoint else self.uploads[0].create_time,
        )

    @property
    def _is_chosen(self) -> bool:
        assert self.endpoint is not None
        there = {upload.number for upload in self.uploads}
        return self.endpoint.answering == self.endpoint.chosen in there


class Versions:
    """Reads versions; writes nothing."""

    def __init__(self, registry: Registry, endpoints: Endpoints) -> None:
        self._registry, self._endpoints = registry, endpoints

    def get(self, model: str, version: str) -> Version:
        """Raises ModelNotFound, VersionNotFound where nothing of it is there."""
        if not is_name(model):
            raise ModelNotFound(f"no model {model}")
        known = is_name(model, version)
        endpoint = self._endpoints.get(model, version) if known else None
        if endpoint:
            return self._of(model, version, endpoint, self._registry.find(model, version))
        uploads = self._registry.every(model, version)
        if not known or not uploads:
            raise VersionNotFound(f"no version {version} of {model}")
        return self._of(model, version, None, uploads)

    def every(self, model: str) -> list[Version]:
        """All that we made of a model. Raises ModelNotFound."""
        if not is_name(model):
            raise ModelNotFound(f"no model {model}")
        endpoints = {endpoint.version: endpoint for endpoint in self._endpoints.every(model)}
        uploads = self._registry.find(model) if endpoints else self._registry.every(model)
        versions = {one.version for one in uploads if one.version} | set(endpoints)
        return [
            self._of(
                model,
                version,
                endpoints.get(version),
                [one for one in uploads if one.version == version],
            )
            for version in sorted(versions)
        ]

    def _of(
        self, model: str, version: str, endpoint: Endpoint | None, uploads: list[Registered]
    ) -> Version:
        deployments = self._endpoints.deployments(endpoint) if endpoint else []
        latest = deployments[0] if deployments else None
        return Version(model, version, endpoint, tuple(uploads), latest)
