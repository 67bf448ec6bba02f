"""A prediction platform in memory that behaves as AI Platform's ml v1 does."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shared.core.errors import (
    AlreadyExists,
    InvalidRequest,
    ModelNotFound,
    OperationNotFound,
    VersionNotFound,
    VersionNotReady,
)
from shared.core.ports import Capabilities, VersionInfo, VersionSpec

Hook = Callable[[str, str, str], None]
"""Called with (operation, model, version). What it raises, the operation raises."""

Answer = Callable[[str, list[Any]], list[Any]]
"""(deployment_uri, instances) -> predictions; InvalidRequest for instances it cannot take."""


def first_numbers(deployment_uri: str, instances: list[Any]) -> list[Any]:
    """A model that answers the first number of each instance."""
    if not all(isinstance(instance, list) and instance for instance in instances):
        raise InvalidRequest(f"{deployment_uri}: every instance must be a list of numbers")
    return [instance[0] for instance in instances]


class FakePlatform:
    """`ModelPlatform` in memory. `FakePredictor(platform)` is its data plane.

    The first version of a model becomes the default; operations run until they are finished;
    a version serves once it is READY. answer: what the models predict. ready_at_once: False keeps
    new versions CREATING until `finish`. on_call: before every operation (ensure_model,
    create_version, operation_error, get_version, list_versions, set_default, delete_version,
    predict, deployment_uri), outside the lock. on_answer: after it took effect, before the caller
    learns of it. `calls` holds all operations in order; `broken` says of directories
    (deployment_uri) why no version of theirs can load.
    """

    def __init__(
        self,
        answer: Answer = first_numbers,
        *,
        ready_at_once: bool = True,
        on_call: Hook | None = None,
        on_answer: Hook | None = None,
    ) -> None:
        self.answer = answer
        self.capabilities = Capabilities()
        self.ready_at_once = ready_at_once
        self.on_call = on_call
        self.on_answer = on_answer
        self.calls: list[tuple[str, str, str]] = []
        self.broken: dict[str, str] = {}
        self._models: dict[str, dict[str, VersionInfo]] = {}
        self._defaults: dict[str, str] = {}
        self._operations: dict[str, str | None] = {}
        self._operation_of: dict[tuple[str, str], str] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def ensure_model(self, model: str) -> None:
        """Create the model unless it exists."""
        self._before("ensure_model", model)
        with self._lock:
            self._models.setdefault(model, {})
        self._after("ensure_model", model)

    def create_version(self, spec: VersionSpec) -> str | None:
        """Start creating a version; None where the same was there already."""
        self._before("create_version", spec.model, spec.version)
        with self._lock:
            operation = self._create(spec)
        self._after("create_version", spec.model, spec.version)
        return operation

    def operation_error(self, operation: str) -> str | None:
        """The error of a finished operation."""
        self._before("operation_error", operation)
        with self._lock:
            if operation not in self._operations:
                raise OperationNotFound(f"no operation {operation}")
            return self._operations[operation]

    def get_version(self, model: str, version: str) -> VersionInfo:
        """One version."""
        self._before("get_version", model, version)
        with self._lock:
            return self._info(model, version)

    def list_versions(self, model: str) -> list[VersionInfo]:
        """All versions of a model."""
        self._before("list_versions", model)
        with self._lock:
            return [self._info(model, version) for version in self._versions(model)]

    def set_default(self, model: str, version: str) -> None:
        """Make a READY version the default."""
        self._before("set_default", model, version)
        with self._lock:
            if self._info(model, version).state != "READY":
                raise InvalidRequest(f"version {version} of {model} is not READY")
            self._defaults[model] = version
        self._after("set_default", model, version)

    def delete_version(self, model: str, version: str) -> None:
        """Delete a version; refused for the default while there are others."""
        self._before("delete_version", model, version)
        with self._lock:
            versions = self._models.get(model, {})
            if version in versions:
                self._delete(model, version, versions)
        self._after("delete_version", model, version)

    def predict(self, model: str, version: str, instances: list[Any]) -> list[Any]:
        """Ask one version by name."""
        self._before("predict", model, version)
        with self._lock:
            info = self._info(model, version)
        if info.state != "READY":
            raise VersionNotReady(f"version {version} of {model} is {info.state}")
        return self.answer(info.deployment_uri, instances)

    def finish(self, model: str, version: str, error: str = "") -> None:
        """End the creation of a version: READY, or FAILED with that error."""
        with self._lock:
            self.set_state(model, version, "FAILED" if error else "READY", error)
            self._operations[self._operation_of[model, version]] = error or None

    def finish_all(self) -> None:
        """End every creation that runs, and begin no others that do not end at once."""
        with self._lock:
            self.ready_at_once = True
            for model, versions in self._models.items():
                for version, info in list(versions.items()):
                    if info.state == "CREATING":
                        self.finish(model, version, self.broken.get(info.deployment_uri, ""))

    def set_state(self, model: str, version: str, state: str, error: str = "") -> None:
        """Put a version into any state."""
        with self._lock:
            info = self._info(model, version)
            self._models[model][version] = replace(info, state=state, error_message=error)

    def default(self, model: str) -> str | None:
        """The platform's own default, without calling a hook."""
        return self._defaults.get(model)

    def _create(self, spec: VersionSpec) -> str | None:
        versions = self._versions(spec.model)
        if spec.version in versions:
            if versions[spec.version].deployment_uri == spec.deployment_uri:
                return None
            raise AlreadyExists(f"version {spec.version} of {spec.model} is another one")
        versions[spec.version] = VersionInfo(
            spec.model, spec.version, spec.deployment_uri, "CREATING"
        )
        operation = f"create_{spec.model}_{spec.version}_{next(self._numbers)}"
        self._operations[operation] = None
        self._operation_of[spec.model, spec.version] = operation
        self._defaults.setdefault(spec.model, spec.version)
        if self.ready_at_once:
            self.finish(spec.model, spec.version, self.broken.get(spec.deployment_uri, ""))
        return operation

    def _delete(self, model: str, version: str, versions: dict[str, VersionInfo]) -> None:
        if versions[version].state in ("CREATING", "DELETING", "UPDATING"):
            raise InvalidRequest(f"version {version} of {model} is {versions[version].state}")
        if self._defaults.get(model) == version:
            if len(versions) > 1:
                raise InvalidRequest(f"version {version} is the default of {model}")
            del self._defaults[model]
        del versions[version]

    def _versions(self, model: str) -> dict[str, VersionInfo]:
        if model not in self._models:
            raise ModelNotFound(f"no model {model}")
        return self._models[model]

    def _info(self, model: str, version: str) -> VersionInfo:
        versions = self._versions(model)
        if version not in versions:
            raise VersionNotFound(f"no version {version} of {model}")
        return replace(versions[version], is_default=self._defaults.get(model) == version)

    def _before(self, operation: str, model: str, version: str = "") -> None:
        self.calls.append((operation, model, version))
        if self.on_call:
            self.on_call(operation, model, version)

    def _after(self, operation: str, model: str, version: str = "") -> None:
        if self.on_answer:
            self.on_answer(operation, model, version)


class FakePredictor:
    """`Predictor` over a FakePlatform, with the same hooks. `timeouts` holds what was asked for."""

    def __init__(self, platform: FakePlatform) -> None:
        self.platform = platform
        self.timeouts: list[float] = []

    async def predict(
        self,
        model: str,
        version: str,
        instances: list[Any],
        *,
        timeout: float,
        probabilities: bool = False,
    ) -> list[Any]:
        """Predictions of exactly that version; with probabilities, all that there is for one."""
        self.timeouts.append(timeout)
        found = self.platform.predict(model, version, instances)
        if not probabilities:
            return found
        return [{"label": label, "probabilities": {str(label): 1.0}} for label in found]

    async def deployment_uri(self, model: str, version: str) -> str:
        """Where the version's files lie."""
        self.platform._before("deployment_uri", model, version)
        with self.platform._lock:
            return self.platform._info(model, version).deployment_uri

    async def close(self) -> None:
        """Nothing is open."""
