"""`inputs.json`: all that a training depends on besides the CSV, frozen by the first attempt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from shared.core.artifact import FORMAT, Source
from shared.core.errors import NewerFormat


@dataclass(frozen=True)
class Inputs:
    """What every attempt at one source must agree on.

    target: the drop's own choice of the target column ("": none given); target_names: the names
    that mean it otherwise; configuration_generation: of the model's model.toml, None without one.
    """

    model: str
    source: Source
    target: str
    target_names: tuple[str, ...]
    configuration_generation: int | None
    code_digest: str

    def to_json(self) -> bytes:
        """The stored object; equal inputs give equal bytes."""
        generation = self.configuration_generation
        value = {
            "format": FORMAT,
            "model": self.model,
            "source": self.source.as_dict(),
            "target": self.target,
            "target_names": list(self.target_names),
            "configuration_generation": None if generation is None else str(generation),
            "code_digest": self.code_digest,
        }
        return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Inputs:
        """Reverse of `to_json`. Raises NewerFormat."""
        value: dict[str, Any] = json.loads(data)
        if value.pop("format") > FORMAT:
            raise NewerFormat("inputs.json was written by a newer dropserve; upgrade this one")
        generation = value["configuration_generation"]
        return cls(
            **value
            | {
                "source": Source.from_dict(value["source"]),
                "target_names": tuple(value["target_names"]),
                "configuration_generation": None if generation is None else int(generation),
            }
        )
