"""A JSON web token taken apart and its claims judged. Signatures are checked in shared/gcp.

Every refusal says what is wrong and what to send instead; none quotes the token.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.core.errors import Unauthenticated
from shared.core.fault import is_finite
from shared.core.permission import spelled

ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
SKEW_SECONDS = 10
LONGEST = 16_384
_OF_SERVICES = ".gserviceaccount.com"
_PART = re.compile(r"[A-Za-z0-9_-]*")
_HOW = "Send an ID token: gcloud auth print-identity-token --audiences="


@dataclass(frozen=True, slots=True)
class Token:
    """A token's parts. key_id: of its header; signed: the bytes that are signed."""

    key_id: str
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


def bearer(authorization: str | None) -> str:
    """The token in an Authorization header."""
    if not authorization:
        raise Unauthenticated(
            "no_token", "No token came. Send the header Authorization: Bearer <ID token>."
        )
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("no_bearer", "The Authorization header must say: Bearer <ID token>.")
    if not token.strip():
        raise Unauthenticated(
            "no_bearer", "The Authorization header says Bearer and holds no token."
        )
    return token.strip()


def parse(token: str, audience: str) -> Token:
    """The token's parts. audience: named in the advice where this is no ID token."""
    if token.startswith("ya29."):
        raise Unauthenticated(
            "access_token",
            f"This is an access token, an ID token belongs here. {_HOW}{audience or 'URL'}",
        )
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != 3 or not all(map(_PART.fullmatch, parts)):
        raise Unauthenticated(
            "no_jwt", f"The token is no ID token (a JWT of three parts). {_HOW}{audience or 'URL'}"
        )
    header = _object(parts[0], "header")
    _check_algorithm(header)
    claims = _object(parts[1], "payload")
    signature = _decode(parts[2], "signature")
    return Token(header["kid"], claims, f"{parts[0]}.{parts[1]}".encode(), signature)


def expiry(token: str) -> datetime:
    """When a token of somebody we trust ends; no more of it is checked. Raises ValueError."""
    try:
        claims = token.split(".")[1]
        content = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return datetime.fromtimestamp(content["exp"], UTC)
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError("this is no ID token") from error


def _check_algorithm(header: dict[str, Any]) -> None:
    algorithm = header.get("alg")
    if algorithm != "RS256":
        shown = algorithm[:20] if isinstance(algorithm, str) else "nothing known"
        raise Unauthenticated(
            "algorithm", f"The token is signed with {shown}; only RS256 is taken."
        )
    if "crit" in header:
        raise Unauthenticated(
            "algorithm", "The token asks for extensions (crit) that are not known here."
        )
    if not isinstance(header.get("kid"), str) or not header["kid"]:
        raise Unauthenticated("key_id", "The token does not name its key (kid).")


def _object(part: str, name: str) -> dict[str, Any]:
    try:
        value = json.loads(_decode(part, name))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Unauthenticated("no_jwt", f"The token's {name} is no JSON object.")
    return value


def _decode(part: str, name: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unauthenticated("no_jwt", f"The token's {name} is no base64url text.") from None


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whom a token is of. domain: the @domain that answers for the caller, "" where none does;
    expires: seconds since 1970."""

    email: str
    domain: str
    expires: float


def check_claims(claims: dict[str, Any], audiences: frozenset[str] | None, now: float) -> Claimed:
    """Whom the token is of.

    audiences: None where somebody else has judged for whom it was made.
    """
    if audiences is not None:
        _check_audience(claims.get("aud"), audiences)
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer not in ISSUERS:
        raise Unauthenticated("issuer", "The token was not issued by Google (iss).")
    expires = _check_times(claims, now)
    email = _email(claims)
    return Claimed(email, _domain(claims, email), expires)


def _check_audience(audience: Any, audiences: frozenset[str]) -> None:
    if not audiences:
        raise Unauthenticated(
            "audience", "This service takes no tokens yet: its AUDIENCE is not set."
        )
    if not isinstance(audience, str) or audience not in audiences:
        shown = repr(audience[:120]) if isinstance(audience, str) else "no audience"
        raise Unauthenticated(
            "audience",
            f"The token is made for {shown}, not for {' or '.join(sorted(audiences))} (aud).",
        )


def _check_times(claims: dict[str, Any], now: float) -> float:
    expires, issued = _time(claims, "exp"), _time(claims, "iat")
    if expires <= now - SKEW_SECONDS:
        raise Unauthenticated("expired", "The token has expired (exp). Get a new one.")
    if issued > now + SKEW_SECONDS:
        raise Unauthenticated(
            "too_early", "The token was issued in the future (iat): a clock is wrong."
        )
    if "nbf" in claims and _time(claims, "nbf") > now + SKEW_SECONDS:
        raise Unauthenticated("too_early", "The token is not valid yet (nbf).")
    return expires


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and is_finite(value):
        return float(value)
    raise Unauthenticated("times", f"The token's {name} is no number of seconds.")


def _email(claims: dict[str, Any]) -> str:
    email = claims.get("email")
    if not isinstance(email, str) or not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise Unauthenticated(
            "email",
            "The token names no e-mail address. Ask for one that does: --include-email, or "
            "format=full at the metadata server.",
        )
    if claims.get("email_verified") is not True:
        raise Unauthenticated(
            "email", "The token's e-mail address is not verified (email_verified)."
        )
    return email


def _domain(claims: dict[str, Any], email: str) -> str:
    """The domain that manages the account. Anybody who once read mail there can have an account of
    their own under such an address, for ever; only managed ones carry `hd`, and service accounts
    need none."""
    domain = spelled(email[email.rfind("@") :])
    managed = isinstance(claims.get("hd"), str) and claims["hd"]
    return domain if managed or domain.endswith(_OF_SERVICES) else ""
