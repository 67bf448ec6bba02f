"""The paths that `predict` answers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.core.artifact import VERSION_NAME
from shared.web.refusal import Refusal

_NAME = VERSION_NAME.pattern
PREDICT = re.compile(rf"/v1/projects/[^/]+/models/({_NAME})(?:/versions/({_NAME}))?:predict")
"""As the dead API had it. A function serves one project, so that a client which moves here keeps
its path: the project in it is not looked at."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request asks for; version is None where it takes the default."""

    model: str
    version: str | None


def target(method: str, path: str) -> Target | None:
    """The model asked for, or None for the front page. Raises Refusal (404, 405)."""
    if path == "/":
        _allow(method, "GET", "HEAD")
        return None
    found = PREDICT.fullmatch(path)
    if not found:
        raise Refusal(
            404,
            "no_such_path",
            "Nothing is here. Predictions: POST /v1/projects/PROJECT/models/MODEL:predict, "
            "or .../models/MODEL/versions/VERSION:predict. "
            "Names are letters, digits and underscores.",
        )
    _allow(method, "POST")
    return Target(found[1], found[2])


def _allow(method: str, *allowed: str) -> None:
    if method not in allowed:
        names = ", ".join(allowed)
        raise Refusal(405, "method_not_allowed", f"This path takes {names}.", Allow=names)
