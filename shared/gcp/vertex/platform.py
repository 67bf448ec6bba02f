"""The control plane on Vertex AI: a version is an upload, an endpoint and what is deployed to it.

Creating a version takes several steps, the upload among them and minutes of deploying. What exists
tells how far it came, so creating it again goes on from there, whoever died.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.auth.credentials import Credentials

from shared.core.errors import (
    AlreadyExists,
    InvalidRequest,
    ModelNotFound,
    PlatformUnavailable,
    VersionNotFound,
    VersionNotReady,
)
from shared.core.ports import Capabilities, VersionInfo, VersionSpec
from shared.gcp.status import predictions
from shared.gcp.vertex.client import NotNow, vertex_client
from shared.gcp.vertex.endpoint import Endpoint, Endpoints
from shared.gcp.vertex.image import Image, Machines
from shared.gcp.vertex.name import Location, is_name
from shared.gcp.vertex.operation import Operations, failure
from shared.gcp.vertex.registry import Registered, Registry
from shared.gcp.vertex.version import Version, Versions


class VertexPlatform:
    """`ModelPlatform` over google-api-python-client. Safe for threads; connects at first call.

    deadline: seconds after which no further try of one call begins; patience: seconds that one
    step of creating or deleting is waited for before the next; deploying is never waited for.
    """

    def __init__(
        self,
        url: str,
        location: Location,
        credentials: Credentials,
        image: Image,
        machines: Machines,
        *,
        deadline: float = 10.0,
        patience: float = 200.0,
    ) -> None:
        self._image = image
        self._client = vertex_client(url, credentials, deadline=deadline)
        self._operations = Operations(self._client, patience)
        self._registry = Registry(self._client, self._operations, location, image)
        self._endpoints = Endpoints(self._client, self._operations, location, machines)
        self._versions = Versions(self._registry, self._endpoints)

    @property
    def capabilities(self) -> Capabilities:
        """A model comes with its first upload; a prebuilt image answers labels only."""
        return Capabilities(
            empty_models=False,
            probabilities=self._image.probabilities,
            paid_versions=True,
            scikit_learn=self._image.scikit_learn,
        )

    def ensure_model(self, model: str) -> None:
        """Nothing but a look at its name: the first upload makes the model."""
        _require(model)

    def create_version(self, spec: VersionSpec) -> str | None:
        """Go on creating a version; the deployment's operation, None where nothing is left to do.

        Raises VersionNotReady where a step outlasts the patience.
        """
        _require(spec.model, spec.version)
        endpoint = self._endpoints.ensure(spec)
        if endpoint.deployment_uri.rstrip("/") != spec.deployment_uri.rstrip("/"):
            raise AlreadyExists(
                f"version {spec.version} of {spec.model} exists and comes from "
                f"{endpoint.deployment_uri}, not from {spec.deployment_uri}"
            )
        if endpoint.deleting:
            raise PlatformUnavailable(f"version {spec.version} of {spec.model} is being deleted")
        endpoint = self._uploaded(spec, endpoint)
        return self._deploy(endpoint) if self._is_deployable(endpoint) else None

    def operation_error(self, operation: str) -> str | None:
        """The message of a failed operation; PlatformUnavailable where it may be begun again."""
        failed = failure(self._operations.get(operation))
        if isinstance(failed, PlatformUnavailable):
            raise failed
        return str(failed) if failed else None

    def get_version(self, model: str, version: str) -> VersionInfo:
        """One version."""
        return self._versions.get(model, version).info

    def list_versions(self, model: str) -> list[VersionInfo]:
        """All versions that we made, over all pages."""
        return [version.info for version in self._versions.every(model)]

    def set_default(self, model: str, version: str) -> None:
        """Give a READY version the alias `default`."""
        found = self._versions.get(model, version)
        if found.endpoint is None or found.state != "READY":
            raise InvalidRequest(f"version {version} of {model} is {found.state}, not READY")
        self._registry.make_default(model, found.endpoint.chosen)
        self._collect(found.endpoint, found.uploads)

    def delete_version(self, model: str, version: str) -> None:
        """Stop, unregister and forget a version; deleting it again goes on where one stopped."""
        try:
            found = self._versions.get(model, version)
        except (ModelNotFound, VersionNotFound):
            return
        alone = all(one.version == version for one in self._registry.find(model))
        if found.is_default and not alone:
            raise InvalidRequest(f"version {version} is the default of {model}")
        if found.is_deploying:
            raise InvalidRequest(f"version {version} of {model} is being deployed")
        if found.endpoint:
            self._stop(found.endpoint)
        self._unregister(found, alone)
        if found.endpoint:
            self._endpoints.delete(found.endpoint)

    def predict(self, model: str, version: str, instances: list[Any]) -> list[Any]:
        """Ask the version's own endpoint."""
        found = self._versions.get(model, version)
        endpoint = found.endpoint
        if endpoint is None or found.state != "READY":
            raise VersionNotReady(f"version {version} of {model} is {found.state}")
        try:
            answer = self._client.call(
                lambda api: api.endpoints.predict(
                    endpoint=endpoint.name, body={"instances": instances}
                ),
                VersionNotFound,
            )
        except NotNow as error:
            if self._versions.get(model, version).state != "READY":
                raise VersionNotReady(str(error)) from error
            raise
        if answer.get("modelVersionId") != endpoint.chosen:
            raise PlatformUnavailable(f"another version answered for {version} of {model}")
        return predictions(answer)

    def close(self) -> None:
        """Close the idle connections."""
        self._client.close()

    def _uploaded(self, spec: VersionSpec, endpoint: Endpoint) -> Endpoint:
        """The endpoint with its upload chosen, and no other upload of the version left."""
        uploads = self._registry.find(spec.model, spec.version)
        if not uploads:
            uploads = self._registry.upload(spec)
            endpoint = self._endpoints.ensure(spec)
        if endpoint.chosen not in {upload.number for upload in uploads}:
            endpoint = self._endpoints.choose(endpoint, uploads[0].number)
        self._collect(endpoint, uploads)
        return endpoint

    def _collect(self, endpoint: Endpoint, uploads: Iterable[Registered]) -> None:
        """Delete what was uploaded twice."""
        for upload in uploads:
            if upload.number != endpoint.chosen and not upload.is_default:
                self._registry.delete(endpoint.model, upload.number)

    def _stop(self, endpoint: Endpoint) -> None:
        try:
            silent = self._endpoints.silence(endpoint)
        except VersionNotFound:  # an earlier deletion has come to its end meanwhile
            return
        self._endpoints.undeploy(silent)

    def _unregister(self, found: Version, alone: bool) -> None:
        if alone and found.uploads:
            self._registry.delete_model(found.model)
            return
        for upload in found.uploads:
            self._registry.delete(found.model, upload.number)

    def _is_deployable(self, endpoint: Endpoint) -> bool:
        """Whether nothing is deployed, no deployment runs and none failed for good."""
        if endpoint.numbers:
            return False
        latest = next(iter(self._endpoints.deployments(endpoint)), None)
        if latest is None or not latest.get("done"):
            return latest is None
        failed = failure(latest)
        return failed is None or isinstance(failed, PlatformUnavailable)

    def _deploy(self, endpoint: Endpoint) -> str | None:
        try:
            return str(self._endpoints.deploy(endpoint)["name"])
        except VersionNotFound as error:
            raise PlatformUnavailable(f"the upload of {endpoint.version} vanished") from error
        except (AlreadyExists, InvalidRequest) as error:
            again = self._endpoints.get(endpoint.model, endpoint.version)
            if again and not self._is_deployable(again):
                return None  # somebody else began it
            if isinstance(error, NotNow | AlreadyExists):  # and may have ended it since
                raise PlatformUnavailable(str(error)) from error
            raise


def _require(model: str, version: str = "v") -> None:
    if not is_name(model, version):
        raise InvalidRequest(
            f"{model[:70]!r} and {version[:70]!r} cannot be names on Vertex AI: lower-case "
            "letters, digits and underscores, a letter first, 62 characters at the most"
        )
