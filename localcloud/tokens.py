"""Access tokens and ID tokens of the local cloud's accounts.

Access tokens are opaque and only this process can read them; ID tokens are RS256 JWTs with
Google's claims. Both survive a restart, because what they are made with lies in the state folder.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localcloud.keys import KeyFolder, base64url

ISSUER = "https://accounts.google.com"
LIFETIME = 3600
"""Seconds that a token of either kind is good for."""

UNMANAGED = ("gserviceaccount.com", "gmail.com")
"""Domains of accounts that no organisation manages: no `hd` in their tokens."""

_ACCESS_PREFIX = "ya29.local."
_REUSE = LIFETIME - 300
_CACHE_LIMIT = 1024


class Tokens:
    """Makes and checks the tokens of one local cloud. clock: seconds since 1970."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.keys = KeyFolder(folder)
        self._secret = self.keys.secret("access")
        self._clock = clock
        self._identities: dict[tuple[str, str, bool], tuple[str, float]] = {}

    def access(self, email: str) -> str:
        """An access token of the account, good for LIFETIME seconds."""
        claims = json.dumps({"email": email, "exp": self._clock() + LIFETIME}).encode()
        return f"{_ACCESS_PREFIX}{base64url(claims)}.{self._seal(claims)}"

    def email_of_access_token(self, token: str) -> str:
        """The account that an access token was made for. PermissionError: bad or expired."""
        try:
            body, seal = token.removeprefix(_ACCESS_PREFIX).split(".")
            claims = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        except ValueError:
            raise PermissionError("This is no access token of this local cloud.") from None
        if not hmac.compare_digest(seal.encode(), self._seal(claims).encode()):
            raise PermissionError("This is no access token of this local cloud.")
        facts = json.loads(claims)
        if facts["exp"] <= self._clock():
            raise PermissionError("The access token has expired; ask the metadata server again.")
        return str(facts["email"])

    def identity(self, email: str, audience: str, *, full: bool = True) -> str:
        """An ID token of the account for one audience. full: with the e-mail address.

        The same token is given again while it is good for at least another five minutes, as
        Google's metadata server does.
        """
        key = (email, audience, full)
        token, made = self._identities.get(key, ("", 0.0))
        if not token or not made <= self._clock() < made + _REUSE:
            if len(self._identities) >= _CACHE_LIMIT:
                self._identities.clear()
            made = self._clock()
            token = self._sign(_claims(email, audience, int(made), full=full))
            self._identities[key] = (token, made)
        return token

    def certificates(self) -> dict[str, str]:
        """{kid: X.509 certificate in PEM}, as Google's /oauth2/v1/certs."""
        return {key.kid: key.certificate() for key in self.keys.published}

    def key_set(self) -> dict[str, list[dict[str, str]]]:
        """The JSON Web Key Set, as Google's /oauth2/v3/certs."""
        return {"keys": [key.jwk() for key in self.keys.published]}

    def rotate(self, *, forget: bool = False) -> str:
        """Sign with a new key from now on and return its kid. See KeyFolder.rotate."""
        self.keys.rotate(forget=forget)
        self._identities.clear()
        return self.keys.current.kid

    def _seal(self, claims: bytes) -> str:
        return base64url(hmac.digest(self._secret, claims, "sha256"))

    def _sign(self, claims: dict[str, Any]) -> str:
        key = self.keys.current
        header = {"alg": "RS256", "kid": key.kid, "typ": "JWT"}
        message = f"{_part(header)}.{_part(claims)}"
        return f"{message}.{base64url(key.sign(message.encode('ascii')))}"


def unique_id(email: str) -> str:
    """The 21 digits that Google calls an account by; the same for the same address always."""
    return "1" + str(int(hashlib.sha256(email.encode()).hexdigest(), 16))[:20].zfill(20)


def _claims(email: str, audience: str, now: int, *, full: bool) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "aud": audience,
        "azp": unique_id(email),
        "exp": now + LIFETIME,
        "iat": now,
        "iss": ISSUER,
        "sub": unique_id(email),
    }
    if full:
        claims |= {"email": email, "email_verified": True}
        domain = email.rpartition("@")[2]
        if not domain.endswith(UNMANAGED):
            claims["hd"] = domain
    return claims


def _part(value: dict[str, Any]) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())
