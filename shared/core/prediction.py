"""What a caller asks of a model, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from shared.core.errors import Fault

Kind = Literal["label", "number", "probabilities", "raw"]
"""What each prediction is. raw: whatever a version without a card answers."""

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Parameters:
    """How to answer. probabilities: of every class too; strict: refuse what is only odd."""

    probabilities: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller asks. version: None for the default. faults: those of the body around it.
    timeout: seconds that there are for the answer."""

    model: str
    version: str | None
    instances: Any
    faults: tuple[Fault, ...] = ()
    parameters: Parameters = Parameters()
    timeout: float = TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer, and the one version that it was checked against and comes from.

    warnings: what was odd, as many as one answer lists; warned: how many there were.
    """

    predictions: list[Any]
    version: str
    warnings: tuple[Fault, ...] = ()
    warned: int = 0
    kind: Kind = "label"
