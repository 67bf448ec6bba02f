"""What ml v1 has and this service does not: 501 with the method's name, else 404."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from serving.answer import respond
from serving.refusal import Refusal

_CONTROL = "projects.models.* (the control plane answers it)"

_METHODS: tuple[tuple[str, str, str], ...] = (
    ("POST", r"jobs", "projects.jobs.create"),
    ("GET", r"jobs", "projects.jobs.list"),
    ("GET", r"jobs/[^/:]+", "projects.jobs.get"),
    ("PATCH", r"jobs/[^/:]+", "projects.jobs.patch"),
    ("POST", r"jobs/[^/:]+:cancel", "projects.jobs.cancel"),
    ("GET", r"locations", "projects.locations.list"),
    ("GET", r"locations/[^/:]+", "projects.locations.get"),
    (".+", r"locations/[^/:]+/.+", "projects.locations.*"),
    ("POST", r"models/[^:]+:explain", "projects.explain"),
    ("GET", r".+:getIamPolicy", "projects.models.getIamPolicy"),
    ("POST", r".+:setIamPolicy", "projects.models.setIamPolicy"),
    ("POST", r".+:testIamPermissions", "projects.models.testIamPermissions"),
    (
        "POST",
        r"models/[^/:]+(/versions/[^/:]+)?:predict",
        "projects.predict (the data plane answers it)",
    ),
    ("GET|POST", r"models", _CONTROL),
    ("PATCH|DELETE", r"models/[^/:]+", _CONTROL),
    ("GET|POST", r"models/[^/:]+/versions", _CONTROL),
    ("PATCH|DELETE", r"models/[^/:]+/versions/[^/:]+", _CONTROL),
    ("POST", r"models/[^/:]+/versions/[^/:]+:setDefault", _CONTROL),
    ("GET", r"operations(/[^/:]+)?", "projects.operations.* (the control plane answers it)"),
)


def refusal_for(method: str, path: str) -> Refusal:
    """501 for a method of ml v1, 404 for anything else."""
    rest = re.fullmatch(r"/v1/projects/[^/:]+/(.+)", path)
    for verb, pattern, name in _METHODS:
        if rest and re.fullmatch(verb, method) and re.fullmatch(pattern, rest[1]):
            return Refusal(501, f"The method {name} is not answered here.")
    return Refusal(404, f"There is no method {method} {path[:200]}.")


async def unoffered(request: Request, _: Exception) -> Response:
    """Starlette's handler for a path or method that has no route."""
    refusal = refusal_for(request.method, request.url.path)
    return respond(refusal.body(), refusal.http_status)
