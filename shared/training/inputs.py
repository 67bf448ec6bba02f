"""`inputs.json`: all that a training depends on besides the CSV, frozen by the first attempt.

Every later attempt, in the function or in a training job, reads it instead of looking again, so
that what changed in between (the default, model.toml, a setting) cannot change the result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from shared.core.artifact import FORMAT, without_format
from shared.core.configuration import ModelConfiguration
from shared.core.schema import Schema
from shared.core.source import Source
from shared.core.trigger import GATE_METADATA, RETRAIN_OF_METADATA, TARGET_METADATA

METADATA = (TARGET_METADATA, GATE_METADATA, RETRAIN_OF_METADATA)
"""What a drop may say of itself."""


@dataclass(frozen=True)
class File:
    """One CSV to train on. size: bytes as stored."""

    source: Source
    size: int

    def as_dict(self) -> dict[str, Any]:
        """The file as JSON."""
        return {**self.source.as_dict(), "size": self.size}

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> File:
        """Reverse of `as_dict`."""
        return cls(Source.from_dict(value), value["size"])


@dataclass(frozen=True)
class Reference:
    """A model version by where its files lie and what they are: nothing else can stand for it."""

    version: str
    directory: str
    card: str
    card_sha256: str
    generation: int

    def as_dict(self) -> dict[str, Any]:
        """The reference as JSON; the generation (of model.joblib) as text."""
        return {**vars(self), "generation": str(self.generation)}

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Reference:
        """Reverse of `as_dict`."""
        return cls(**value | {"generation": int(value["generation"])})


@dataclass(frozen=True)
class Inputs:
    """What every attempt at one source must agree on.

    metadata: the drop's own words, those of METADATA only. target_names: the names that mean the
    target where nothing else says it. toml: the text of the model's model.toml of that generation,
    "" without one. files: the CSVs to train on in the order of their sources, this drop's last.
    left_out: accepted files that can no longer be read, or are counted as their copies.
    champion: the version that is the default; schema: what it was trained to take.
    """

    model: str
    source: Source
    files: tuple[File, ...]
    target_names: tuple[str, ...]
    code_digest: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    toml: str = ""
    toml_generation: int | None = None
    left_out: tuple[str, ...] = ()
    champion: Reference | None = None
    schema: Schema | None = None

    @cached_property
    def configuration(self) -> ModelConfiguration:
        """What model.toml says. Raises DatasetRejected."""
        return ModelConfiguration.from_toml(self.toml.encode())

    @property
    def target(self) -> str:
        """The drop's own choice of the target column; "": none was given."""
        return self.metadata.get(TARGET_METADATA, "")

    @property
    def gate(self) -> str:
        """What a person decided over the gate for this drop; "": nothing."""
        return self.metadata.get(GATE_METADATA, "")

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def to_json(self) -> bytes:
        """The stored object; equal inputs give equal bytes."""
        generation = self.toml_generation
        value = {
            "format": FORMAT,
            "model": self.model,
            "source": self.source.as_dict(),
            "files": [file.as_dict() for file in self.files],
            "target_names": list(self.target_names),
            "code_digest": self.code_digest,
            "metadata": dict(self.metadata),
            "toml": self.toml,
            "toml_generation": None if generation is None else str(generation),
            "left_out": list(self.left_out),
            "champion": self.champion and self.champion.as_dict(),
            "schema": self.schema and self.schema.as_dict(),
        }
        return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Inputs:
        """Reverse of `to_json`. Raises NewerFormat."""
        value = without_format(json.loads(data), "inputs.json")
        generation, champion, schema = value["toml_generation"], value["champion"], value["schema"]
        return cls(
            **value
            | {
                "source": Source.from_dict(value["source"]),
                "files": tuple(map(File.from_dict, value["files"])),
                "target_names": tuple(value["target_names"]),
                "toml_generation": None if generation is None else int(generation),
                "left_out": tuple(value["left_out"]),
                "champion": champion and Reference.from_dict(champion),
                "schema": schema and Schema.from_dict(schema),
            }
        )
