"""Who calls, proved by an ID token that Google signed for this service."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from shared.core import jwt
from shared.core.cache import Bounded
from shared.core.errors import Unauthenticated
from shared.core.permission import Permissions
from shared.core.principal import Listed, Principal
from shared.core.settings import Settings
from shared.gcp.certificate import Certificates, Fetch, over_http
from shared.logs import log

TOKENS_KEPT = 4096


class IdTokenAuthenticator:
    """`Authenticator` by RS256 signature, audience, issuer, expiry, verified e-mail and list.

    Verified tokens are remembered by digest until they expire or a key is withdrawn, so a warm
    request costs no network call and no RSA operation.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        fetch: Fetch = over_http,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._audiences = frozenset(settings.audience)
        self._listed = Listed.of(settings.allowed_callers)
        self._permissions = Permissions.of(settings.caller_models)
        self._now = now
        self._verified: Bounded[bytes, tuple[jwt.Claimed, Principal]] = Bounded(TOKENS_KEPT)
        self._certificates = Certificates(
            settings.certs_url, fetch=fetch, clock=clock, on_change=self._verified.clear
        )
        for name in ("AUDIENCE", "ALLOWED_CALLERS"):
            if not getattr(settings, name.lower()):
                log(f"{name} is empty: nobody can call predict", severity="ERROR")

    async def authenticate(self, headers: Mapping[str, str]) -> Principal:
        """The caller. Raises Unauthenticated, CallerNotListed, KeysUnavailable."""
        if "x-api-key" in headers and "authorization" not in headers:
            raise Unauthenticated(
                "no_token", "An API key came; this service takes Authorization: Bearer <ID token>."
            )
        token = jwt.bearer(headers.get("authorization"))
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._verified.get(digest)
        if known is None or self._now() >= known[0].expires + jwt.SKEW_SECONDS:
            known = await self._verify(token, digest)
        claimed, principal = known
        self._listed.check(claimed.email, claimed.domain)
        return principal

    async def _verify(self, token: str, digest: bytes) -> tuple[jwt.Claimed, Principal]:
        """Claims first: they cost nothing, and say best what is wrong with an old token."""
        parsed = jwt.parse(token, min(self._audiences, default=""))
        claimed = jwt.check_claims(parsed.claims, self._audiences, self._now())
        await self._check_signature(parsed)
        models = self._permissions.models(claimed.email, claimed.domain)
        self._verified[digest] = known = (claimed, Principal(claimed.email, models))
        return known

    async def _check_signature(self, token: jwt.Token) -> None:
        key = await self._certificates.key(token.key_id)
        if key is None:
            raise Unauthenticated(
                "unknown_key", "The token is signed with a key that Google does not publish."
            )
        try:
            key.verify(token.signature, token.signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise Unauthenticated("signature", "The token's signature is wrong.") from None
