"""What the gate holds a model to: from `model.toml`, and from the drop itself."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.configuration import MARGINS, ModelConfiguration
from shared.core.errors import DatasetRejected, Finding

ACCEPT = ("off", "accept")


@dataclass(frozen=True)
class Rules:
    """margin: how much worse a model may surely be (None: the usual one). floor: the least balanced
    accuracy, or R2 of a regression. baseline: whether it must beat chance. enforced: False lets
    everything through, the reasons still told. drift: "off", "warn" or "refuse". threshold: of the
    index, from which on drift is high.
    """

    margin: float | None = None
    floor: float | None = None
    baseline: bool = True
    enforced: bool = True
    drift: str = "warn"
    threshold: float = 0.25

    @classmethod
    def of(cls, configuration: ModelConfiguration, drop: str = "") -> Rules:
        """drop: the metadata `gate` of the drop, "" without. Raises DatasetRejected."""
        if drop not in ("", *ACCEPT):
            message = f"the object metadata gate={drop[:80]!r} is unknown; gate=accept is known."
            raise DatasetRejected(Finding("bad_configuration", message))
        gate = configuration.gate
        return cls(
            margin=gate.margin,
            floor=gate.floor,
            baseline=gate.baseline,
            enforced=gate.decide == "refuse" and not drop,
            drift=configuration.drift.decide,
            threshold=configuration.drift.threshold,
        )

    def margin_of(self, metric: str) -> float:
        """The margin that counts."""
        return MARGINS[metric] if self.margin is None else self.margin
