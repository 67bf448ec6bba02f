"""Whether a version serves, and answers as its model did: before any caller is sent to it."""

from __future__ import annotations

import time
from collections.abc import Callable

from shared.core.card import Card
from shared.core.errors import (
    InvalidRequest,
    ModelNotFound,
    OperationNotFound,
    PermanentError,
    VersionNotFound,
    VersionNotReady,
)
from shared.core.ports import Clock, ModelPlatform

Sleep = Callable[[float], None]

_FIRST_WAIT = 0.005
_LONGEST_WAIT = 1.0


class ReleaseFailed(PermanentError):
    """The version cannot serve: it did not load, or it answers otherwise than the model did."""

    code = "release_failed"


class LibrarySkew(PermanentError):
    """The target would load the model with another scikit-learn than it was made with."""

    code = "library_skew"


class Disproved(ReleaseFailed):
    """The platform calls it READY, and it does not answer as its model did."""


class Proof:
    """One version on its platform. deadline: seconds that one delivery waits for it."""

    def __init__(
        self,
        platform: ModelPlatform,
        model: str,
        version: str,
        clock: Clock,
        deadline: float,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._platform, self._model, self._version = platform, model, version
        self._clock, self._deadline, self._sleep = clock, deadline, sleep

    def check(self, card: Card | None) -> None:
        """Before anything is created. Raises LibrarySkew."""
        skew = card.skew(self._platform.capabilities.scikit_learn) if card else ""
        if skew:
            raise LibrarySkew(skew)

    def skipped(self, card: Card | None) -> list[str]:
        """What a caller could ask of the model and this platform cannot answer: nothing of it is
        proven."""
        lacks = (
            card is not None
            and card.schema.classes
            and not self._platform.capabilities.probabilities
        )
        return ["probabilities: this platform answers labels only"] if lacks else []

    def wait(self, operation: str | None) -> None:
        """Until the version is READY. Raises ReleaseFailed, or VersionNotReady at the deadline."""
        start, pause = self._clock(), _FIRST_WAIT
        while True:
            state, message = self._state()
            if state == "READY":
                return
            failure = self._failure(operation)
            if state == "FAILED" or failure:
                raise ReleaseFailed(failure or message or "the platform gives no reason")
            if (self._clock() - start).total_seconds() > self._deadline:
                raise VersionNotReady(f"version {self._version} is still {state}")
            self._sleep(pause)
            pause = min(pause * 2, _LONGEST_WAIT)

    def prove(self, card: Card | None) -> None:
        """Ask the card's golden requests, where there are any. Raises Disproved, or VersionNotReady
        where the version went since it was READY."""
        golden = card.golden if card else None
        if golden is None or not golden.instances:
            return
        try:
            answers = self._platform.predict(self._model, self._version, golden.instances)
        except (ModelNotFound, VersionNotFound) as error:
            raise VersionNotReady(str(error)) from error
        except InvalidRequest as error:
            said = f"version {self._version} refuses its golden requests: {error}"
            raise Disproved(said) from error
        if not golden.agrees(answers):
            raise Disproved(
                f"version {self._version} answers its {len(golden.instances)} golden requests "
                "otherwise than the model did when it was trained"
            )

    def _failure(self, operation: str | None) -> str | None:
        """What the creation's operation says; one that the platform forgot says nothing."""
        if not operation:
            return None
        try:
            return self._platform.operation_error(operation)
        except OperationNotFound:
            return None

    def _state(self) -> tuple[str, str]:
        try:
            info = self._platform.get_version(self._model, self._version)
        except (ModelNotFound, VersionNotFound):  # a creation that failed may leave none behind
            return "not there", ""
        return info.state, info.error_message
