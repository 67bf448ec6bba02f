"""Who asks: the service account whose access token a request carries, or the person here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from localcloud.configuration import DEVELOPER
from localcloud.tokens import Tokens

Authenticate = Callable[[Mapping[str, str]], str | None]
"""Headers, their names in lower case -> the calling service account's address, None for a person.
Raises PermissionError for a token that is not good."""


def caller_of(tokens: Tokens) -> Authenticate:
    """The account that an Authorization header belongs to; None: the person at the keyboard, who
    needs no token here and may send their own all the same."""

    def caller(headers: Mapping[str, str]) -> str | None:
        authorization = headers.get("authorization", "")
        if not authorization:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise PermissionError("Only 'Authorization: Bearer <access token>' is understood.")
        email = tokens.email_of_access_token(token.strip())
        return None if email == DEVELOPER else email

    return caller
