"""Predict: resolve a version, hold the instances to its schema, ask that version by name."""

from __future__ import annotations

import time
from collections.abc import Callable

from shared.core.artifact import VERSION_NAME
from shared.core.card import Card
from shared.core.errors import (
    DeadlineExceeded,
    Fault,
    ModelNotFound,
    PlatformUnavailable,
    VersionNotFound,
    VersionNotReady,
)
from shared.core.instances import Accepted, accept
from shared.core.ports import ObjectReader, Predictor
from shared.core.prediction import Kind, Prediction, Request
from shared.core.settings import Settings
from shared.workflows.resolve import Cards, Defaults, Places


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
        self._clock = clock
        self._most = settings.max_instances
        max_age = settings.default_max_age_seconds
        self.defaults = Defaults(reader, settings.state_bucket, max_age, clock)
        self._places = Places(predictor, max_age, clock)
        self.cards = Cards(reader, settings.models_bucket, clock)

    async def __call__(self, request: Request) -> Prediction:
        """Predictions for all instances, or none.

        Raises InstancesRejected, ModelNotFound, VersionNotFound, and what the ports raise.
        """
        deadline = self._clock() + request.timeout
        _check_names(request)
        if request.version is not None:
            uri = await self._places.get(request.model, request.version)
            return await self._ask(request, request.version, uri, deadline)
        default = await self.defaults.get(request.model)
        try:
            return await self._ask(request, default.version, default.deployment_uri, deadline)
        except VersionNotFound:
            return await self._ask_again(request, default.version, deadline)

    async def _ask_again(self, request: Request, gone: str, deadline: float) -> Prediction:
        """The default was deleted in the second since it was read: take the new one."""
        default = await self.defaults.fresh(request.model)
        if default.version == gone:
            raise VersionNotReady(f"the default {gone} of {request.model} is not served")
        return await self._ask(request, default.version, default.deployment_uri, deadline)

    async def _ask(self, request: Request, version: str, uri: str, deadline: float) -> Prediction:
        card = await self.cards.get(uri)
        accepted = self._accepted(request, card)
        left = deadline - self._clock()
        if left <= 0:
            raise DeadlineExceeded("nothing is left of the request's time")
        wanted = request.parameters.probabilities
        predictions = await self._predictor.predict(
            request.model, version, accepted.rows, timeout=left, probabilities=wanted
        )
        if len(predictions) != len(accepted.rows):
            raise PlatformUnavailable(
                f"{request.model} {version} gave {len(predictions)} predictions "
                f"for {len(accepted.rows)} instances"
            )
        kind = _kind(card, wanted)
        return Prediction(predictions, version, accepted.warnings, accepted.warned, kind)

    def _accepted(self, request: Request, card: Card | None) -> Accepted:
        schema = card.schema if card else None
        strict = request.parameters.strict or (card is not None and card.strict)
        faults = request.faults
        if request.parameters.probabilities and schema is not None and schema.classes is None:
            faults = (*faults, NO_PROBABILITIES)
        return accept(request.instances, schema, faults, strict=strict, most=self._most)


NO_PROBABILITIES = Fault(
    "/parameters/probabilities", "cannot be given: this model predicts a number, not a class"
)


def _kind(card: Card | None, probabilities: bool) -> Kind:
    if probabilities:
        return "probabilities"
    if card is None:
        return "raw"
    return "number" if card.schema.classes is None else "label"


def _check_names(request: Request) -> None:
    """Names that are not legal name nothing, and never become part of an object's name."""
    if not VERSION_NAME.fullmatch(request.model):
        raise ModelNotFound(f"{request.model[:80]!r} is no model's name")
    if request.version is not None and not VERSION_NAME.fullmatch(request.version):
        raise VersionNotFound(f"{request.version[:80]!r} is no version's name")
