"""Every path that `predict` answers, in one table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from shared.core.artifact import VERSION_NAME
from shared.web.refusal import Refusal

_PROJECT = "/v1/projects/{project}"
_MODEL = _PROJECT + "/models/{model}"
_VERSION = _MODEL + "/versions/{version}"


@dataclass(frozen=True)
class Route:
    """One row: what answers (a handler of the site), by which methods, where. {model} and {version}
    are names as AI Platform took them, {file} is one of the page's. is_public: it shows no data and
    asks nobody who they are."""

    name: str
    methods: tuple[str, ...]
    path: str
    is_public: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression with the names as groups."""
        parts = re.split(r"\{(\w+)\}", self.path)
        made = re.escape(parts[0])
        for name, rest in zip(parts[1::2], parts[2::2], strict=True):
            legal = LEGAL.get(name, VERSION_NAME.pattern)
            made += f"(?P<{name}>{legal})" + re.escape(rest)
        return re.compile(made)


LEGAL = {"project": "[^/]+", "file": r"[a-z]+\.(?:js|css|svg)"}
READ = ("GET", "HEAD")
ROUTES = (
    Route("predict", ("POST",), _MODEL + ":predict"),
    Route("predict", ("POST",), _VERSION + ":predict"),
    Route("front", READ, "/", is_public=True),
    Route("file", READ, "/page/{file}", is_public=True),
    Route("models", READ, _PROJECT + "/models"),
    Route("model", READ, _MODEL),
    Route("model_openapi", READ, _MODEL + "/openapi.json"),
    Route("versions", READ, _MODEL + "/versions"),
    Route("version", READ, _VERSION),
    Route("report", READ, _VERSION + "/report"),
    Route("stories", READ, _PROJECT + "/status"),
    Route("story", READ, _MODEL + "/status"),
    Route("openapi", READ, "/openapi.json", is_public=True),
    Route("postman", READ, "/postman.json"),
)
"""The project in a path is not looked at: a function serves one project, so that a client of the
dead API keeps its paths."""


@dataclass(frozen=True, slots=True)
class Found:
    """The row that a request asks for, and the names in its path."""

    route: Route
    names: dict[str, str]


def find(method: str, path: str, routes: tuple[Route, ...] = ROUTES) -> Found:
    """The row for a request. Raises Refusal (404, 405)."""
    for route in routes:
        found = route.pattern.fullmatch(path)
        if found is None:
            continue
        if method not in route.methods:
            names = ", ".join(route.methods)
            raise Refusal(405, "method_not_allowed", f"This path takes {names}.", Allow=names)
        return Found(route, found.groupdict())
    raise Refusal(
        404,
        "no_such_path",
        "Nothing is here. Predictions: POST /v1/projects/PROJECT/models/MODEL:predict, "
        "or .../models/MODEL/versions/VERSION:predict. "
        "Names are letters, digits and underscores.",
    )
