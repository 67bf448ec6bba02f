"""The stored status of a model, read: by those who write it anew, and by those who only show it."""

from __future__ import annotations

import json
from typing import Any

from shared.core.artifact import FORMAT
from shared.core.errors import NewerFormat


def parse(data: bytes) -> dict[str, Any]:
    """The stored object; {} for one that cannot be read: it is made anew. Raises NewerFormat."""
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    if value.get("format", 0) > FORMAT:
        raise NewerFormat("the status was written by a newer dropserve; upgrade this one")
    return value
