"""The endpoint and prediction services: create, patch, deploy, undeploy, predict, delete."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

from shared.core.errors import InvalidRequest
from tests.fakes.vertex.models import Models
from tests.fakes.vertex.refusal import (
    Refusal,
    check_endpoint_id,
    check_labels,
    check_split,
    require,
)
from tests.fakes.vertex.state import TIME, Deployed, EndpointState, Running, State, Upload

_FILTER = re.compile(r'labels\.([a-z_-]+)="([^"]*)"')
_MASKS = {"labels", "trafficSplit", "displayName", "description"}
_LAG = 1
"""How many looks an upload seems deployed after it was undeployed."""

Answer = Callable[[str, list[Any]], list[Any]]


class EndpointService:
    """answer: what a directory's model predicts; broken: directory -> why it cannot load."""

    def __init__(self, state: State, models: Models, parent: str, answer: Answer) -> None:
        self._state, self._models, self._parent = state, models, parent
        self.answer = answer
        self.broken: dict[str, str] = {}
        self._dice = random.Random(7)

    def create(self, id_: str, body: dict[str, Any]) -> Running:
        """With an id of one's own, or one that is made."""
        id_ = id_ or str(len(self._state.endpoints) + 100_000)
        check_endpoint_id(id_)
        check_labels(body.get("labels", {}))
        require(not body.get("trafficSplit"), "traffic_split cannot be set here")
        parent = f"{self._parent}/endpoints/{id_}"
        taken = id_ in self._state.endpoints or self._state.busy(parent)
        require(not taken, f"Endpoint {id_} already exists", "ALREADY_EXISTS")

        def effect() -> dict[str, Any]:
            self._state.endpoints[id_] = EndpointState(id_, body)
            return {"name": parent}

        return self._state.begin(parent, "CreateEndpoint", effect)

    def get(self, id_: str) -> dict[str, Any]:
        """One endpoint."""
        return self._resource(self._find(id_))

    def every(self, filter_: str) -> list[dict[str, Any]]:
        """With the filter on labels."""
        wanted = _FILTER.fullmatch(filter_) if filter_ else None
        require(not filter_ or wanted is not None, f"filter {filter_!r} is not understood")
        return [
            self._resource(endpoint)
            for endpoint in self._state.endpoints.values()
            if not wanted or endpoint.body.get("labels", {}).get(wanted[1]) == wanted[2]
        ]

    def patch(self, id_: str, mask: str, body: dict[str, Any]) -> dict[str, Any]:
        """The fields of the mask; with an etag only if it is the one that was read."""
        endpoint = self._find(id_)
        fields = set(mask.split(","))
        require(fields <= _MASKS, f"updateMask {mask!r}")
        same = body.get("etag") in (None, _etag(endpoint))
        require(same, "the endpoint was changed since it was read", "ABORTED")
        check_labels(body.get("labels", {}))
        if "trafficSplit" in fields:
            check_split(body.get("trafficSplit", {}), set(endpoint.deployed))
            endpoint.split = dict(body.get("trafficSplit", {}))
        for field in fields - {"trafficSplit"}:
            endpoint.body[field] = body.get(field)
        endpoint.generation += 1
        return self._resource(endpoint)

    def deploy(self, id_: str, body: dict[str, Any]) -> Running:
        """One at a time; "0" in the split is the new one."""
        endpoint = self._find(id_)
        self._require_idle(endpoint)
        wanted = body["deployedModel"]
        new = wanted.get("id") or str(len(endpoint.deployed) + 1)
        require(bool(re.fullmatch(r"\d{1,10}", new)) and new != "0", f"id {new!r}")
        taken = new in endpoint.deployed
        require(not taken, f"DeployedModel {new} already exists", "ALREADY_EXISTS")
        machines = wanted["dedicatedResources"]
        least, most = machines["minReplicaCount"], machines.get("maxReplicaCount", 1)
        require(1 <= least <= most, "min_replica_count must be 1 or more, and not above the max")
        split = body.get("trafficSplit", {})
        check_split(split, {"0", *endpoint.deployed})
        deployed = Deployed(new, self._models.find(wanted["model"]), wanted)
        parent = f"{self._parent}/endpoints/{id_}"
        return self._state.begin(
            parent, "DeployModel", lambda: self._deployed(endpoint, deployed, split)
        )

    def undeploy(self, id_: str, body: dict[str, Any]) -> Running:
        """Refused while it has traffic, unless the new split takes that away."""
        endpoint = self._find(id_)
        self._require_idle(endpoint)
        old = body["deployedModelId"]
        require(old in endpoint.deployed, f"DeployedModel {old} does not exist", "NOT_FOUND")
        split = body.get("trafficSplit", endpoint.split)
        check_split(split, set(endpoint.deployed))
        message = f"DeployedModel {old} has traffic"
        require(not split.get(old), message, "FAILED_PRECONDITION")

        def effect() -> dict[str, Any]:
            endpoint.deployed.pop(old).upload.held = _LAG
            endpoint.split = {key: part for key, part in split.items() if part}
            return {}

        return self._state.begin(f"{self._parent}/endpoints/{id_}", "UndeployModel", effect)

    def delete(self, id_: str) -> Running:
        """Refused while something is deployed."""
        endpoint = self._find(id_)
        self._require_idle(endpoint)
        message = "The Endpoint has deployed models"
        require(not endpoint.deployed, message, "FAILED_PRECONDITION")

        def effect() -> dict[str, Any]:
            self._state.endpoints.pop(id_, None)
            return {}

        return self._state.begin(f"{self._parent}/endpoints/{id_}", "DeleteEndpoint", effect)

    def predict(self, id_: str, body: dict[str, Any]) -> dict[str, Any]:
        """One of what is deployed, by the split; nobody can say which."""
        endpoint = self._find(id_)
        name = f"{self._parent}/endpoints/{id_}"
        message = f"Endpoint {name} doesn't have traffic_split."
        require(bool(endpoint.split), message, "FAILED_PRECONDITION")
        (id_,) = self._dice.choices(list(endpoint.split), list(endpoint.split.values()))
        chosen = endpoint.deployed[id_]
        return {
            "predictions": self._ask(chosen.upload, body),
            "deployedModelId": chosen.id,
            "model": f"{self._parent}/models/{chosen.upload.model}",
            "modelDisplayName": chosen.upload.body["displayName"],
            "modelVersionId": str(chosen.upload.number),
        }

    def _ask(self, upload: Upload, body: dict[str, Any]) -> list[Any]:
        try:
            if "parameters" in body:
                raise InvalidRequest("predict() got an unexpected keyword argument 'parameters'")
            return self.answer(upload.body["artifactUri"], body["instances"])
        except InvalidRequest as error:
            said = f'"Prediction failed: Exception during sklearn prediction: {error}"\n'
            raise Refusal("FAILED_PRECONDITION", said) from error

    def _deployed(
        self, endpoint: EndpointState, deployed: Deployed, split: dict[str, int]
    ) -> dict[str, Any]:
        upload = deployed.upload
        there = self._state.models.get(upload.model, {})
        require(there.get(upload.number) is upload, "The Model is gone.", "NOT_FOUND")
        why = self.broken.get(upload.body["artifactUri"])
        message = f"Model server exited unexpectedly. {why}"
        require(why is None, message, "FAILED_PRECONDITION")
        endpoint.deployed[deployed.id] = deployed
        if split:
            named = {deployed.id if key == "0" else key: part for key, part in split.items()}
            endpoint.split = {key: part for key, part in named.items() if part}
        endpoint.generation += 1
        return {"deployedModel": self._deployment(deployed)}

    def _require_idle(self, endpoint: EndpointState) -> None:
        busy = self._state.busy(f"{self._parent}/endpoints/{endpoint.id}")
        message = f"There are other operations running on the Endpoint: {', '.join(busy)}"
        require(not busy, message, "FAILED_PRECONDITION")

    def _find(self, id_: str) -> EndpointState:
        found = self._state.endpoints.get(id_)
        if found is None:
            raise Refusal("NOT_FOUND", f"The Endpoint {id_} does not exist.")
        return found

    def _deployment(self, deployed: Deployed) -> dict[str, Any]:
        model = f"{self._parent}/models/{deployed.upload.model}"
        about = {"id": deployed.id, "model": model, "createTime": TIME}
        return {**deployed.body, **about, "modelVersionId": str(deployed.upload.number)}

    def _resource(self, endpoint: EndpointState) -> dict[str, Any]:
        resource = {
            **endpoint.body,
            "name": f"{self._parent}/endpoints/{endpoint.id}",
            "deployedModels": [self._deployment(one) for one in endpoint.deployed.values()],
            "trafficSplit": endpoint.split,
            "createTime": TIME,
            "etag": _etag(endpoint),
        }
        return {key: value for key, value in resource.items() if value}


def _etag(endpoint: EndpointState) -> str:
    return f"AMEw9y{endpoint.generation}="
