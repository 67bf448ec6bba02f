"""The model card: what a version is, in one JSON object beside its `model.joblib`.

Its name is its content's digest and `model.joblib` names it in its object metadata, so a card is
never paired with another attempt's model. It holds no clock value and no row of the data.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from shared.core import shape
from shared.core.artifact import FORMAT, card_name, without_format
from shared.core.errors import ArtifactRefused
from shared.core.schema import Schema
from shared.core.source import Source

LARGEST = 2**63
SCIKIT_LEARN = "1.6"
"""The minor version that this project trains and serves with, everywhere."""


@dataclass(frozen=True)
class Golden:
    """Synthetic requests and the answers that the fitted model gave for them.

    tolerance: largest relative difference of a number that still counts as equal; labels must be
    equal.
    """

    instances: list[list[Any]]
    predictions: list[Any]
    tolerance: float = 1e-6

    def agrees(self, answers: list[Any]) -> bool:
        """Whether a server's answers are the expected ones."""
        return len(answers) == len(self.predictions) and all(
            self._equal(expected, answer)
            for expected, answer in zip(self.predictions, answers, strict=True)
        )

    def _equal(self, expected: Any, answer: Any) -> bool:
        if isinstance(expected, float) and isinstance(answer, int | float):
            return abs(expected - answer) <= self.tolerance * max(1.0, abs(expected))
        return bool(expected == answer)


@dataclass(frozen=True)
class Card:
    """A model card. files: name -> {"sha256", "size"}; libraries: distribution -> version.

    facts: what the report shows beyond the rest: decision, evaluation, drift, profile, selection.
    """

    model: str
    version: str
    source: Source
    schema: Schema
    estimator: dict[str, Any]
    metrics: dict[str, Any]
    golden: Golden
    files: dict[str, dict[str, Any]]
    libraries: dict[str, str]
    code_digest: str
    warnings: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The card as JSON."""
        return {
            "format": FORMAT,
            "model": self.model,
            "version": self.version,
            "source": self.source.as_dict(),
            "schema": self.schema.as_dict(),
            "estimator": self.estimator,
            "metrics": self.metrics,
            "golden": {
                "instances": self.golden.instances,
                "predictions": self.golden.predictions,
                "tolerance": self.golden.tolerance,
            },
            "files": self.files,
            "libraries": self.libraries,
            "code_digest": self.code_digest,
            "warnings": self.warnings,
            "facts": self.facts,
        }

    def to_json(self) -> bytes:
        """The stored bytes; equal cards give equal bytes."""
        return json.dumps(self.as_dict(), ensure_ascii=False, sort_keys=True, indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes, expected_sha256: str | None = None) -> Card:
        """Reverse of `to_json`. Raises ArtifactRefused (digest, shape), NewerFormat."""
        if expected_sha256 is not None and sha256(data) != expected_sha256:
            raise ArtifactRefused("the model card is not the one that model.joblib names")
        try:
            value = without_format(_parsed(data), "the model card")
            part = shape.wrong(value)
            if part:
                raise ArtifactRefused(f"the model card is none: {part} is not what it must be")
            return cls(
                **value
                | {
                    "source": Source.from_dict(value["source"]),
                    "schema": Schema.from_dict(value["schema"]),
                    "golden": Golden(**value["golden"]),
                }
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ArtifactRefused(f"the model card cannot be read: {error!r}") from error

    @property
    def strict(self) -> bool:
        """Whether instances that are only odd are refused: `strict` of its model.toml."""
        return self.facts.get("strict") is True

    def skew(self, scikit_learn: str) -> str:
        """Why a server with this minor version must not load the model, "" where it may."""
        made = self.libraries.get("scikit-learn", "")
        if not made or not scikit_learn or made.split(".")[:2] == scikit_learn.split(".")[:2]:
            return ""
        return (
            f"the model was made with scikit-learn {made} and the target loads it with "
            f"{scikit_learn}, which scikit-learn does not support: train it again"
        )

    @property
    def file_name(self) -> str:
        """Content-addressed name of the card in the model directory."""
        return card_name(sha256(self.to_json()))


def _parsed(data: bytes) -> Any:
    """The card's JSON, with nothing in it that could not be told on. Raises ValueError."""
    value = json.loads(data, parse_int=_whole)
    if b"\\u" in data:
        json.dumps(value, ensure_ascii=False).encode()  # half a letter (a lone surrogate)
    return value


def _whole(digits: str) -> int:
    number = int(digits)
    if not -LARGEST <= number < LARGEST:
        raise ValueError("a number is beyond 64 bits")
    return number


def sha256(data: bytes) -> str:
    """Hex sha256 of bytes."""
    return hashlib.sha256(data).hexdigest()
