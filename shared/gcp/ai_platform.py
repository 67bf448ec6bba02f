"""The control plane of AI Platform (ml v1), wherever it is answered: `serving`, or another."""

from __future__ import annotations

from typing import Any

from google.auth.credentials import Credentials

from shared.core.errors import (
    AlreadyExists,
    ModelNotFound,
    OperationNotFound,
    PermanentError,
    PlatformUnavailable,
    VersionNotFound,
)
from shared.core.ports import Capabilities, VersionInfo, VersionSpec
from shared.gcp.machine_learning import MachineLearning, machine_learning
from shared.gcp.status import predictions

_PAGE = 100


class AiPlatform:
    """`ModelPlatform` over google-api-python-client. Safe for threads; connects at first call.

    credentials: access or ID tokens for `url`, the control plane. data_url, data_credentials:
    where and by whom `predict` is called, if not there. Every call may be repeated, and is, while
    the platform is unavailable and `deadline` seconds are not over.
    """

    def __init__(
        self,
        url: str,
        project: str,
        credentials: Credentials,
        *,
        data_url: str = "",
        data_credentials: Credentials | None = None,
        deadline: float = 10.0,
        capabilities: Capabilities | None = None,
    ) -> None:
        self._capabilities = capabilities or Capabilities()
        self._parent = f"projects/{project}"
        self._control = machine_learning(url, credentials, deadline=deadline)
        self._data = (
            machine_learning(data_url, data_credentials or credentials, deadline=deadline)
            if data_url and data_url != url
            else self._control
        )

    @property
    def capabilities(self) -> Capabilities:
        """What the one who answers ml v1 there is known to have."""
        return self._capabilities

    def ensure_model(self, model: str) -> None:
        """GET, and create where there is none; somebody creating it meanwhile is fine."""
        if self._has_model(model):
            return
        try:
            self._control.call(
                lambda ml: ml.models.create(parent=self._parent, body={"name": model}),
                PermanentError,
            )
        except AlreadyExists:
            return

    def create_version(self, spec: VersionSpec) -> str | None:
        """Start creating a version; None where the same one is there already."""
        try:
            operation = self._control.call(
                lambda ml: ml.versions.create(parent=self._model(spec.model), body=_body(spec)),
                ModelNotFound,
            )
        except AlreadyExists as error:
            self._require_same(spec, error)
            return None
        return str(operation["name"])

    def operation_error(self, operation: str) -> str | None:
        """The message of a failed operation."""
        answer = self._control.call(lambda ml: ml.operations.get(name=operation), OperationNotFound)
        error = answer.get("error")
        return str(error.get("message") or error) if error else None

    def get_version(self, model: str, version: str) -> VersionInfo:
        """One version."""
        try:
            answer = self._control.call(
                lambda ml: ml.versions.get(name=self._name(model, version)),
                VersionNotFound,
            )
        except VersionNotFound:
            self._require_model(model)
            raise
        return _info(model, answer)

    def list_versions(self, model: str) -> list[VersionInfo]:
        """All versions, over all pages."""
        found: list[VersionInfo] = []
        token: str | None = None
        while True:
            page = self._versions_page(model, token)
            found += [_info(model, version) for version in page.get("versions", [])]
            token = page.get("nextPageToken")
            if not token:
                return found

    def set_default(self, model: str, version: str) -> None:
        """Make a READY version the default."""
        try:
            self._control.call(
                lambda ml: ml.versions.setDefault(name=self._name(model, version), body={}),
                VersionNotFound,
            )
        except VersionNotFound:
            self._require_model(model)
            raise

    def delete_version(self, model: str, version: str) -> None:
        """Start deleting a version; one that is gone is success."""
        try:
            self._control.call(
                lambda ml: ml.versions.delete(name=self._name(model, version)),
                VersionNotFound,
            )
        except VersionNotFound:
            return

    def predict(self, model: str, version: str, instances: list[Any]) -> list[Any]:
        """Ask one version by name, on the data plane."""
        try:
            answer = self._data.call(
                lambda ml: ml.projects.predict(
                    name=self._name(model, version), body={"instances": instances}
                ),
                VersionNotFound,
            )
        except VersionNotFound:
            self._require_model(model, self._data)
            raise
        return predictions(answer)

    def close(self) -> None:
        """Close the idle connections."""
        self._control.close()
        self._data.close()

    def _require_same(self, spec: VersionSpec, error: AlreadyExists) -> None:
        try:
            there = self.get_version(spec.model, spec.version)
        except VersionNotFound:
            raise PlatformUnavailable(f"{spec.version} is being created or deleted") from error
        if there.deployment_uri.rstrip("/") != spec.deployment_uri.rstrip("/"):
            raise AlreadyExists(
                f"version {spec.version} of {spec.model} exists and comes from "
                f"{there.deployment_uri}, not from {spec.deployment_uri}"
            ) from error

    def _versions_page(self, model: str, token: str | None) -> Any:
        return self._control.call(
            lambda ml: ml.versions.list(parent=self._model(model), pageSize=_PAGE, pageToken=token),
            ModelNotFound,
        )

    def _has_model(self, model: str) -> bool:
        try:
            self._require_model(model)
        except ModelNotFound:
            return False
        return True

    def _require_model(self, model: str, plane: MachineLearning | None = None) -> None:
        (plane or self._control).call(
            lambda ml: ml.models.get(name=self._model(model)), ModelNotFound
        )

    def _model(self, model: str) -> str:
        return f"{self._parent}/models/{model}"

    def _name(self, model: str, version: str) -> str:
        return f"{self._model(model)}/versions/{version}"


def _body(spec: VersionSpec) -> dict[str, str]:
    body = {
        "name": spec.version,
        "deploymentUri": spec.deployment_uri,
        "runtimeVersion": spec.runtime_version,
        "pythonVersion": spec.python_version,
        "framework": spec.framework,
    }
    return {**body, "description": spec.description} if spec.description else body


def _info(model: str, version: dict[str, Any]) -> VersionInfo:
    return VersionInfo(
        model=model,
        version=version["name"].rsplit("/", 1)[-1],
        deployment_uri=version.get("deploymentUri", ""),
        state=version.get("state", "UNKNOWN"),
        is_default=version.get("isDefault", False),
        error_message=version.get("errorMessage", ""),
        create_time=version.get("createTime", ""),
    )
