"""One run of a job, as it is written down: whichever API it was asked of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from localcloud.configuration import TRAINING_JOB

MAX_RETRIES = 3
"""How often a Cloud Run job is tried again (`--max-retries` of the deploy); a custom job never."""


@dataclass(frozen=True)
class Execution:
    """One run. retries: tries that it may have after the first; retried: those it had.

    bare: it gets nothing but its own environment, as a container does. asked: the custom job that
    was created, empty for a Cloud Run job. Times are RFC 3339, empty until they come.
    """

    id: str
    args: tuple[str, ...]
    environment: dict[str, str]
    created: str
    retried: int = 0
    ended: str = ""
    succeeded: bool = False
    retries: int = MAX_RETRIES
    bare: bool = False
    begun: str = ""
    cancelled: bool = False
    error: str = ""
    asked: dict[str, Any] = field(default_factory=dict)
    job: str = TRAINING_JOB

    def save(self, folder: Path) -> None:
        """Write it into the folder, whole or not at all."""
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.id}.json"
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(self)), encoding="utf-8")
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> Execution:
        """Read it back."""
        value = json.loads(path.read_text(encoding="utf-8"))
        return cls(**value | {"args": tuple(value["args"])})
