"""Endpoints: one for each version, which is asked there and nowhere else.

Its labels hold which version it is, which upload was chosen for it and whether it is being deleted;
its description is the version's directory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.core.errors import AlreadyExists, PlatformUnavailable, VersionNotFound
from shared.core.ports import VersionSpec
from shared.gcp.vertex.client import NotNow, Resources, VertexClient
from shared.gcp.vertex.image import Machines
from shared.gcp.vertex.name import (
    CHOSEN_LABEL,
    DELETING_LABEL,
    MODEL_LABEL,
    VERSION_LABEL,
    Location,
    endpoint_id,
    labels,
)
from shared.gcp.vertex.operation import Operation, Operations, is_a

DEPLOYED_ID = "1"
"""The id of every deployment: an endpoint has one at the most, however often it is begun."""
_ALL = 100
_PAGE = 100


@dataclass(frozen=True)
class Endpoint:
    """One endpoint as it was read. numbers: deployed model's id -> the upload it runs."""

    name: str
    labels: dict[str, str]
    deployment_uri: str
    numbers: dict[str, str]
    split: dict[str, int]
    etag: str
    create_time: str

    @property
    def model(self) -> str:
        """The model whose version it serves."""
        return self.labels.get(MODEL_LABEL, "")

    @property
    def version(self) -> str:
        """The version that it serves."""
        return self.labels.get(VERSION_LABEL, "")

    @property
    def chosen(self) -> str:
        """The upload that was chosen for it, "" before."""
        return self.labels.get(CHOSEN_LABEL, "")

    @property
    def deleting(self) -> bool:
        """Whether its version is being deleted."""
        return DELETING_LABEL in self.labels

    @property
    def answering(self) -> str:
        """The upload that answers all requests, "" where none does."""
        return next((self.numbers.get(id_, "") for id_, of in self.split.items() if of == _ALL), "")

    @classmethod
    def of(cls, resource: dict[str, Any]) -> Endpoint:
        """From the API's own resource."""
        deployed = resource.get("deployedModels", [])
        return cls(
            name=resource["name"],
            labels=resource.get("labels", {}),
            deployment_uri=resource.get("description", ""),
            numbers={one["id"]: one.get("modelVersionId", "") for one in deployed},
            split=resource.get("trafficSplit", {}),
            etag=resource.get("etag", ""),
            create_time=resource.get("createTime", ""),
        )


class Endpoints:
    """The endpoints of one location."""

    def __init__(
        self, client: VertexClient, operations: Operations, location: Location, machines: Machines
    ) -> None:
        self._client, self._operations = client, operations
        self._location, self._machines = location, machines

    def get(self, model: str, version: str) -> Endpoint | None:
        """The endpoint of a version, if there is one."""
        name = self._location.endpoint(model, version)
        try:
            found = self._client.call(lambda api: api.endpoints.get(name=name), VersionNotFound)
        except VersionNotFound:
            return None
        return Endpoint.of(found)

    def every(self, model: str) -> list[Endpoint]:
        """Those of all versions of a model."""
        found: list[Endpoint] = []
        token = None
        while True:
            page = self._page(model, token)
            found += map(Endpoint.of, page.get("endpoints", []))
            token = page.get("nextPageToken")
            if not token:
                return found

    def ensure(self, spec: VersionSpec) -> Endpoint:
        """The endpoint of a version, made where there is none."""
        if endpoint := self.get(spec.model, spec.version):
            return endpoint
        body = {
            "displayName": f"{spec.model} {spec.version}"[:128],
            "description": spec.deployment_uri,
            "labels": labels(spec.model, spec.version),
        }
        try:
            begun = self._client.call(
                lambda api: api.endpoints.create(
                    parent=self._location.name,
                    endpointId=endpoint_id(spec.model, spec.version),
                    body=body,
                ),
                VersionNotFound,
            )
            self._operations.finish(begun)
        except AlreadyExists:
            pass
        endpoint = self.get(spec.model, spec.version)
        if endpoint is None:
            raise PlatformUnavailable(f"the endpoint of {spec.version} is not there yet")
        return endpoint

    def choose(self, endpoint: Endpoint, number: str) -> Endpoint:
        """Write down which upload it serves, unless somebody else wrote to it in between."""
        changed = {**endpoint.labels, CHOSEN_LABEL: number}
        try:
            return self._patch(endpoint, "labels", {"labels": changed, "etag": endpoint.etag})
        except NotNow as error:
            raise PlatformUnavailable(f"{endpoint.name} changed meanwhile") from error

    def silence(self, endpoint: Endpoint) -> Endpoint:
        """Say that it is being deleted, and send it no more traffic."""
        changed = {**endpoint.labels, DELETING_LABEL: "yes"}
        return self._patch(endpoint, "labels,trafficSplit", {"labels": changed, "trafficSplit": {}})

    def deploy(self, endpoint: Endpoint) -> Operation:
        """Begin to run the chosen upload with all the traffic of this endpoint."""
        body = {
            "deployedModel": {
                "id": DEPLOYED_ID,
                "model": self._location.model(endpoint.model, endpoint.chosen),
                "displayName": endpoint.version,
                "dedicatedResources": self._machines.specification,
            },
            "trafficSplit": {"0": _ALL},
        }
        begun: Operation = self._client.call(
            lambda api: api.endpoints.deployModel(endpoint=endpoint.name, body=body),
            VersionNotFound,
        )
        return begun

    def deployments(self, endpoint: Endpoint) -> list[Operation]:
        """The operations that deployed to it, the latest first."""
        every = self._operations.under(endpoint.name)
        return [operation for operation in every if is_a(operation, "DeployModel")]

    def undeploy(self, endpoint: Endpoint) -> None:
        """Stop all that runs there; it must have no traffic."""
        for id_ in endpoint.numbers:
            self._undeploy(endpoint, id_)

    def delete(self, endpoint: Endpoint) -> None:
        """Delete it; one that is gone is success."""
        self._gone(lambda api: api.endpoints.delete(name=endpoint.name))

    def _undeploy(self, endpoint: Endpoint, id_: str) -> None:
        body = {"deployedModelId": id_}
        self._gone(lambda api: api.endpoints.undeployModel(endpoint=endpoint.name, body=body))

    def _gone(self, make: Callable[[Resources], Any]) -> None:
        try:
            self._operations.insist(lambda: self._client.call(make, VersionNotFound))
        except VersionNotFound:
            return

    def _patch(self, endpoint: Endpoint, mask: str, change: dict[str, Any]) -> Endpoint:
        body = {"displayName": f"{endpoint.model} {endpoint.version}"[:128], **change}
        answer = self._client.call_once(
            lambda api: api.endpoints.patch(name=endpoint.name, updateMask=mask, body=body),
            VersionNotFound,
        )
        return Endpoint.of(answer)

    def _page(self, model: str, token: str | None) -> dict[str, Any]:
        page: dict[str, Any] = self._client.call(
            lambda api: api.endpoints.list(
                parent=self._location.name,
                filter=f'labels.{MODEL_LABEL}="{model}"',
                pageSize=_PAGE,
                pageToken=token,
            ),
            VersionNotFound,
        )
        return page
