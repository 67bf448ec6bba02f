"""`GET /BUCKET/OBJECT`: an object as a browser opens it at storage.cloud.google.com.

What it shows may run nothing: it is of one origin with the local cloud, which asks the person at
the keyboard for no token.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from localcloud.storage import media
from localcloud.storage.error import unauthorized
from localcloud.storage.store import Storage

_OBJECT = re.compile(r"^/(?P<bucket>[a-z0-9][^/]*)/(?P<name>.+)$")
"""A bucket's name never begins with an underscore, as the local cloud's own routes do."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def route(storage: Storage) -> Route:
    """The route, behind all others."""

    async def browse(request: Request) -> Response:
        if "authorization" in request.headers:  # programs ask the JSON API
            return Response(unauthorized().message, 401, media_type="text/plain")
        found = storage.find(request.path_params["bucket"], request.path_params["name"])
        if found is None:
            return Response("No such object.", 404, media_type="text/plain")
        answer = media.serve(found, storage.path(found), request.headers)
        answer.raw_headers += [
            (b"content-security-policy", POLICY.encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        return answer

    found = Route("/{bucket}/{name:path}", browse, methods=["GET"])
    found.path_regex = _OBJECT
    return found
