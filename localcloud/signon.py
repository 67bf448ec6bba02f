"""Answers for Google's sign-on keys: the certificates that ID tokens are checked against."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.tokens import Tokens

_HEADERS = {"Cache-Control": "public, max-age=3600, must-revalidate, no-transform"}


def routes(tokens: Tokens) -> list[Route]:
    """/oauth2/v1/certs as {kid: X.509 in PEM}; /oauth2/v3/certs as a JSON Web Key Set."""

    async def certificates(_: Request) -> Response:
        return JSONResponse(tokens.certificates(), headers=_HEADERS)

    async def key_set(_: Request) -> Response:
        return JSONResponse(tokens.key_set(), headers=_HEADERS)

    return [Route("/oauth2/v1/certs", certificates), Route("/oauth2/v3/certs", key_set)]
