"""The one object of the store that a model version, or a batch of predictions, comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, order=False)
class Source:
    """The one object that a model version comes from.

    `time_created` is the object's own, RFC 3339 in UTC as the store gives it. Google promises
    neither that generations grow nor that they are unique between objects, hence `order`.
    """

    bucket: str
    name: str
    generation: int
    time_created: str

    @property
    def id(self) -> str:
        """First 8 hex digits of sha256 over bucket, name and generation."""
        text = f"{self.bucket}\n{self.name}\n{self.generation}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]

    @property
    def created(self) -> datetime:
        """`time_created` as an aware datetime in UTC."""
        return datetime.fromisoformat(self.time_created).astimezone(UTC)

    @property
    def stamp(self) -> str:
        """`YYYYMMDD_HHMMSS_<id>`: the part that directory, version and drop share."""
        return f"{self.created:%Y%m%d_%H%M%S}_{self.id}"

    @property
    def order(self) -> tuple[str, int, str]:
        """Sort key: a later source is newer. Time in microseconds, so that it compares as text."""
        return (f"{self.created:%Y%m%dT%H%M%S.%f}", self.generation, self.name)

    @property
    def uri(self) -> str:
        """`gs://bucket/name#generation`, for people and logs."""
        return f"gs://{self.bucket}/{self.name}#{self.generation}"

    def as_dict(self) -> dict[str, str | int]:
        """The source as JSON; the generation as text, because JSON numbers lose digits."""
        return {
            "bucket": self.bucket,
            "name": self.name,
            "generation": str(self.generation),
            "time_created": self.time_created,
        }

    @classmethod
    def from_dict(cls, value: dict[str, str]) -> Source:
        """Reverse of `as_dict`."""
        return cls(value["bucket"], value["name"], int(value["generation"]), value["time_created"])
