"""Bodies of `:predict`, the same on ml v1 and on Vertex AI."""

from __future__ import annotations

from typing import Any

import orjson

from shared.core.errors import InvalidRequest, PlatformUnavailable


def asked(instances: list[Any], *, probabilities: bool) -> bytes:
    """What is sent. Raises InvalidRequest for what is no JSON."""
    body: dict[str, Any] = {"instances": instances}
    if probabilities:
        body["parameters"] = {"probabilities": True}
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise InvalidRequest(f"the instances cannot be sent as JSON: {error}") from error


def answered(body: bytes) -> Any:
    """What came back. Raises PlatformUnavailable for what is no JSON."""
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise PlatformUnavailable("the platform's answer is no JSON") from error
