"""Predict: resolve a version, hold the instances to its schema, ask that version by name."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.core.artifact import VERSION_NAME
from shared.core.errors import (
    Fault,
    ModelNotFound,
    PlatformUnavailable,
    VersionNotFound,
    VersionNotReady,
)
from shared.core.instances import accept
from shared.core.ports import ObjectReader, Predictor
from shared.core.settings import Settings
from shared.workflows.resolve import Defaults, Places, Schemas

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller asks. version: None for the default. faults: those of the body around it."""

    model: str
    version: str | None
    instances: Any
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer, and the one version that it was checked against and comes from."""

    predictions: list[Any]
    version: str
    warnings: tuple[Fault, ...] = ()


class Predict:
    """The workflow. One for a process: it keeps defaults (for at most a second) and schemas."""

    def __init__(
        self,
        reader: ObjectReader,
        predictor: Predictor,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._predictor = predictor
        max_age = settings.default_max_age_seconds
        self._defaults = Defaults(reader, settings.state_bucket, max_age, clock)
        self._places = Places(predictor, max_age, clock)
        self._schemas = Schemas(reader, settings.models_bucket, clock)

    async def __call__(self, request: Request) -> Prediction:
        """Predictions for all instances, or none.

        Raises InstancesRejected, ModelNotFound, VersionNotFound, and what the ports raise.
        """
        _check_names(request)
        if request.version is not None:
            uri = await self._places.get(request.model, request.version)
            return await self._ask(request, request.version, uri)
        default = await self._defaults.get(request.model)
        try:
            return await self._ask(request, default.version, default.deployment_uri)
        except VersionNotFound:
            return await self._ask_again(request, default.version)

    async def _ask_again(self, request: Request, gone: str) -> Prediction:
        """The default was deleted in the second since it was read: take the new one."""
        default = await self._defaults.fresh(request.model)
        if default.version == gone:
            raise VersionNotReady(f"the default {gone} of {request.model} is not served")
        return await self._ask(request, default.version, default.deployment_uri)

    async def _ask(self, request: Request, version: str, uri: str) -> Prediction:
        schema = await self._schemas.get(uri)
        accepted = accept(request.instances, schema, request.faults)
        predictions = await self._predictor.predict(
            request.model, version, accepted.rows, timeout=TIMEOUT_SECONDS
        )
        if len(predictions) != len(accepted.rows):
            raise PlatformUnavailable(
                f"{request.model} {version} gave {len(predictions)} predictions "
                f"for {len(accepted.rows)} instances"
            )
        return Prediction(predictions, version, accepted.warnings)


def _check_names(request: Request) -> None:
    """Names that are not legal name nothing, and never become part of an object's name."""
    if not VERSION_NAME.fullmatch(request.model):
        raise ModelNotFound(f"{request.model[:80]!r} is no model's name")
    if request.version is not None and not VERSION_NAME.fullmatch(request.version):
        raise VersionNotFound(f"{request.version[:80]!r} is no version's name")
