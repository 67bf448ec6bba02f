"""The model service: upload, get, list versions, aliases, delete."""

from __future__ import annotations

import re
from typing import Any

from tests.fakes.vertex.refusal import (
    check_aliases,
    check_labels,
    check_model_id,
    require,
)
from tests.fakes.vertex.state import TIME, Running, State, Upload

DEFAULT = "default"
_FILTER = re.compile(r'labels\.([a-z_-]+)="([^"]*)"')


class Models:
    """parent: the location as Google answers it, with the project's number."""

    def __init__(self, state: State, parent: str, has_artifact: Any) -> None:
        self._state, self._parent, self._has_artifact = state, parent, has_artifact

    def upload(self, body: dict[str, Any]) -> Running:
        """An operation that makes a version, of a new model or of a parent."""
        model = body["model"]
        check_labels(model.get("labels", {}))
        check_aliases(model.get("versionAliases", []))
        require(len(model["displayName"]) <= 128, "display_name is too long")
        uri = model.get("artifactUri", "")
        require(uri.startswith("gs://"), f"artifact_uri {uri!r} is no Cloud Storage address")
        require(self._has_artifact(uri), f"There is no model file in {uri}", "NOT_FOUND")
        name = self._target(body)
        number = self._state.numbers.get(name, 0) + 1
        self._state.numbers[name] = number
        aliases = set(model.get("versionAliases", []))
        new = Upload(name, number, model, aliases)
        return self._state.begin(
            f"{self._parent}/models/{name}", "UploadModel", lambda: self._add(new)
        )

    def get(self, name: str) -> dict[str, Any]:
        """A model's default version, or the one that a number or an alias names."""
        return self._resource(self._find(name))

    def every_version(self, model: str, filter_: str) -> list[dict[str, Any]]:
        """Of a model, with the filter on labels."""
        versions = self._versions(model)
        wanted = _FILTER.fullmatch(filter_) if filter_ else None
        require(not filter_ or wanted is not None, f"filter {filter_!r} is not understood")
        return [
            self._resource(upload)
            for upload in versions.values()
            if not wanted or upload.body.get("labels", {}).get(wanted[1]) == wanted[2]
        ]

    def merge_aliases(self, name: str, aliases: list[str]) -> dict[str, Any]:
        """Give and take aliases; every alias is on one version, `default` always on one."""
        require("@" in name, "the version id must be given explicitly")
        upload = self._find(name)
        require(f"-{DEFAULT}" not in aliases, "a model must have a default version")
        check_aliases([alias.lstrip("-") for alias in aliases])
        upload.aliases -= {alias[1:] for alias in aliases if alias.startswith("-")}
        self._give(upload, {alias for alias in aliases if not alias.startswith("-")})
        return self._resource(upload)

    def delete_version(self, name: str) -> Running:
        """Refused while it is deployed, for the default one, and for the only one."""
        require(bool(re.search(r"@\d+$", name)), "the version id must be given explicitly")
        upload = self._find(name)
        versions = self._versions(upload.model)
        self._require_free(upload)
        only = "Deleting the only version in the Model is not allowed. Use DeleteModel."
        require(len(versions) > 1, only)
        require(DEFAULT not in upload.aliases, "the default version", "FAILED_PRECONDITION")
        parent = f"{self._parent}/models/{upload.model}"
        return self._state.begin(parent, "DeleteModelVersion", lambda: self._remove(upload))

    def delete(self, model: str) -> Running:
        """Refused while any version is deployed."""
        versions = self._versions(model)
        for upload in versions.values():
            self._require_free(upload)

        def effect() -> dict[str, Any]:
            self._state.models.pop(model, None)
            return {}

        return self._state.begin(f"{self._parent}/models/{model}", "DeleteModel", effect)

    def find(self, name: str) -> Upload:
        """The upload that `models/M`, `M@2` or `M@alias` names, in a whole resource name."""
        return self._find(name.rsplit("/", 1)[-1])

    def _target(self, body: dict[str, Any]) -> str:
        if parent := body.get("parentModel"):
            name = str(parent).rsplit("/", 1)[-1]
            self._versions(name)
            return name
        name = body.get("modelId") or f"{len(self._state.numbers) + 4_000_000_000}"
        if "modelId" in body:
            check_model_id(name)
        taken = name in self._state.numbers and (
            name in self._state.models or self._state.busy(f"{self._parent}/models/{name}")
        )
        require(not taken, f"model {name} already exists", "ALREADY_EXISTS")
        return str(name)

    def _add(self, upload: Upload) -> dict[str, Any]:
        versions = self._state.models.setdefault(upload.model, {})
        aliases, upload.aliases = upload.aliases, set()
        versions[upload.number] = upload
        self._give(upload, aliases | (set() if len(versions) > 1 else {DEFAULT}))
        name = f"{self._parent}/models/{upload.model}"
        return {"model": name, "modelVersionId": str(upload.number)}

    def _remove(self, upload: Upload) -> dict[str, Any]:
        self._state.models.get(upload.model, {}).pop(upload.number, None)
        return {}

    def _give(self, upload: Upload, aliases: set[str]) -> None:
        for other in self._state.models[upload.model].values():
            other.aliases -= aliases
        upload.aliases |= aliases

    def _require_free(self, upload: Upload) -> None:
        """A deployment that ended is seen a while longer."""
        held = upload.held > 0
        upload.held -= 1
        free = not held and not self._state.deployed(upload)
        message = f"The Model version {upload.number} is deployed or being deployed"
        require(free, message, "FAILED_PRECONDITION")

    def _versions(self, model: str) -> dict[int, Upload]:
        found = self._state.models.get(model.split("@")[0])
        require(bool(found), f"The Model {model} does not exist.", "NOT_FOUND")
        return found or {}

    def _find(self, name: str) -> Upload:
        model, _, version = name.partition("@")
        for upload in self._versions(model).values():
            if (version or DEFAULT) in {str(upload.number), *upload.aliases}:
                return upload
        require(False, f"The Model {name} does not exist.", "NOT_FOUND")
        raise AssertionError

    def _resource(self, upload: Upload) -> dict[str, Any]:
        return {
            **upload.body,
            "name": f"{self._parent}/models/{upload.model}@{upload.number}",
            "versionId": str(upload.number),
            "versionAliases": sorted(upload.aliases),
            "versionCreateTime": TIME,
            "createTime": TIME,
            "etag": "AAE=",
        }
