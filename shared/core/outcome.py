"""What a workflow did with an event, for the one log line that its function writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

IGNORED = "ignored"
"""Not ours, or nothing in it."""
DONE_BEFORE = "done_before"
"""An earlier delivery had done it all."""


HANDED_OVER = "handed_over"
"""A training job was given the drop."""

_GOOD = ("trained", "live", "predicted", HANDED_OVER)
_LOGGED = (
    "reason",
    "code",
    "earlier",
    "version",
    "replaced",
    "default",
    "execution",
    "metrics",
    "counts",
    "attempts",
    "pinned_days",
    "collected",
    "removed",
    "seconds",
)
"""Facts that a log may hold: names, codes and numbers, nothing that quotes the data."""


@dataclass(frozen=True)
class Outcome:
    """step: a ledger step that this delivery wrote, or IGNORED or DONE_BEFORE."""

    step: str
    model: str = ""
    drop: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_log(self, name: str) -> dict[str, Any]:
        """The arguments of the one log line. name: of the object that the event was about."""
        quiet = self.step in (IGNORED, DONE_BEFORE)
        severity = "DEBUG" if quiet else "INFO" if self.step in _GOOD else "WARNING"
        place = {"model": self.model, "drop": self.drop, "step": self.step, "object": name}
        told = {key: value for key, value in self.facts.items() if key in _LOGGED}
        message = f"{self.model or name}: {self.step}"
        return {"message": message, "severity": severity, **place, **told}
