"""How long a caller gives a request: the header X-Request-Timeout."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.core.prediction import TIMEOUT_SECONDS
from shared.web.refusal import Refusal

HEADER = "x-request-timeout"
LONGEST_SECONDS = 60.0
_SECONDS = re.compile(r"([0-9]{1,6}(?:\.[0-9]{0,20})?(?:e-?[0-9]{1,2})?)s?", re.IGNORECASE)


def seconds(headers: Mapping[str, str]) -> float:
    """The seconds asked for, 60 at the most; 10 where nothing is said. Raises Refusal (400)."""
    told = headers.get(HEADER)
    if told is None:
        return TIMEOUT_SECONDS
    found = _SECONDS.fullmatch(told.strip())
    if found is None or float(found[1]) <= 0:
        raise Refusal(
            400,
            "invalid_header",
            "X-Request-Timeout must be a number of seconds above 0, such as 2.5.",
        )
    return min(float(found[1]), LONGEST_SECONDS)
