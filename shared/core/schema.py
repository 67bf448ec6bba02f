"""The schema of a model's features, in the positional order that never changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

DATE_PARTS = (":day", ":month", ":weekday")
"""What a date is to a model: days since 1970-01-01 (with the time of day as a fraction), the month
(1 to 12) and the weekday (Monday 0)."""


@dataclass(frozen=True)
class Feature:
    """One feature, at one position of an instance as callers send it.

    kind: "numeric", "boolean" (true or false, or 0 or 1), "categorical" (text) or "date" (text,
    ISO 8601). minimum, maximum: the training range of a number. categories: the frequent ones of
    a categorical feature. nullable: training had gaps here.
    """

    name: str
    kind: str = "numeric"
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    nullable: bool = False

    @cached_property
    def known(self) -> frozenset[str]:
        """The categories, to look one up."""
        return frozenset(self.categories)

    def as_dict(self) -> dict[str, Any]:
        """The feature as JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "categories": list(self.categories),
            "nullable": self.nullable,
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Feature:
        """Reverse of `as_dict`."""
        return cls(**{**value, "categories": tuple(value["categories"])})


@dataclass(frozen=True)
class Schema:
    """Features in positional order, the target's name, and its classes (None: regression).

    left_out: columns of the CSV that are no features (ids, free text, what a person dropped).
    """

    features: tuple[Feature, ...]
    target: str
    classes: tuple[str, ...] | None
    left_out: tuple[str, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Feature names in positional order."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def is_plain(self) -> bool:
        """Whether the model takes instances as callers send them: no dates, no truth values."""
        return all(feature.kind in ("numeric", "categorical") for feature in self.features)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what the fitted model takes, by position: a date becomes several numbers."""
        return tuple(
            f"{feature.name}{part}"
            for feature in self.features
            for part in (DATE_PARTS if feature.kind == "date" else ("",))
        )

    def as_dict(self) -> dict[str, Any]:
        """The schema as JSON."""
        return {
            "features": [feature.as_dict() for feature in self.features],
            "target": self.target,
            "classes": None if self.classes is None else list(self.classes),
            "left_out": list(self.left_out),
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Schema:
        """Reverse of `as_dict`."""
        classes = value["classes"]
        return cls(
            tuple(Feature.from_dict(feature) for feature in value["features"]),
            value["target"],
            None if classes is None else tuple(classes),
            tuple(value.get("left_out", ())),
        )
