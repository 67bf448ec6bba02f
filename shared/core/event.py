"""The one event dropserve acts on: `google.cloud.storage.object.v1.finalized`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.errors import PermanentError
from shared.core.source import Source

FINALIZED = "google.cloud.storage.object.v1.finalized"


class MalformedEvent(PermanentError):
    """The event lacks what Google always sends; acknowledged, because it will not grow it."""

    code = "malformed_event"


@dataclass(frozen=True)
class ObjectFinalized:
    """A generation of an object came to be. `source` is the key of everything; the event's id
    is not: one event can carry several."""

    source: Source
    size: int
    metadata: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, event_type: str, data: Any) -> ObjectFinalized | None:
        """From a CloudEvent's type and data. None for another type; MalformedEvent otherwise.

        Google's own recorded events carry sizes and generations as text in one place and as
        numbers in another (googleapis/google-cloudevents, testdata); both are taken.
        """
        if event_type != FINALIZED:
            return None
        try:
            source = Source(
                bucket=str(data["bucket"]),
                name=str(data["name"]),
                generation=int(data["generation"]),
                time_created=str(data["timeCreated"]),
            )
            source.created  # noqa: B018 - raises ValueError for a time that is none
            size = int(data.get("size", 0))
            metadata = dict(data.get("metadata") or {})
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedEvent(f"the event's data has no usable {error}") from error
        return cls(source, size, metadata)

    def as_data(self) -> dict[str, Any]:
        """The data of the CloudEvent that says the same: reverse of `parse`."""
        source = self.source
        return {
            "kind": "storage#object",
            "bucket": source.bucket,
            "name": source.name,
            "generation": str(source.generation),
            "metageneration": "1",
            "timeCreated": source.time_created,
            "updated": source.time_created,
            "size": str(self.size),
            "metadata": dict(self.metadata),
        }
