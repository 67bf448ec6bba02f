"""Objects that are written once: whoever comes second finds the first one's."""

from __future__ import annotations

from collections.abc import Mapping

from shared.core.errors import PreconditionFailed
from shared.core.ports import ObjectStore


def create(
    store: ObjectStore,
    bucket: str,
    name: str,
    data: bytes,
    content_type: str = "application/json",
    metadata: Mapping[str, str] | None = None,
) -> bool:
    """Write an object; False where one of that name stands."""
    try:
        store.write(
            bucket,
            name,
            data,
            if_generation_match=0,
            content_type=content_type,
            metadata=metadata,
        )
    except PreconditionFailed:
        return False
    return True
