"""What a workflow did with an event, for the one log line that its function writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

IGNORED = "ignored"
"""Not ours, or nothing in it."""
DONE_BEFORE = "done_before"
"""An earlier delivery had done it all."""


@dataclass(frozen=True)
class Outcome:
    """step: a ledger step that this delivery wrote, or IGNORED or DONE_BEFORE."""

    step: str
    model: str = ""
    drop: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
