"""Who calls, where Cloud Run has checked it before the request came here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from shared.core import jwt
from shared.core.errors import Unauthenticated
from shared.core.permission import Permissions
from shared.core.principal import Listed, Principal
from shared.core.setting import SettingsError
from shared.core.settings import Settings

REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"
"""What Cloud Run puts in the place of a signature that it has checked."""

_RUNTIME = ("K_SERVICE", "K_REVISION", "K_CONFIGURATION")


def is_cloud_run(environment: Mapping[str, str]) -> bool:
    """Whether this process runs on Cloud Run, and not where something else stands in for it."""
    return all(map(environment.get, _RUNTIME)) and not environment.get("GCE_METADATA_HOST")


class CloudRunAuthenticator:
    """`Authenticator` by the claims of the one token that Cloud Run has checked.

    That is the one in X-Serverless-Authorization where that header is there: then Authorization
    may hold anything, and is never looked at. setting: what chose this way. Raises SettingsError
    where nothing checks callers.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        *,
        now: Callable[[], float] = time.time,
        setting: str = "PREDICT_AUTH",
    ) -> None:
        if not is_cloud_run(environment):
            raise SettingsError(
                f"{setting}=iam works on Cloud Run only, which checks callers before they come "
                f"here. Set {setting}=id_token."
            )
        if settings.public_endpoint == "yes":
            raise SettingsError(
                "PREDICT_AUTH=iam and PUBLIC_ENDPOINT=yes: nobody would check who calls. "
                "Set PREDICT_AUTH=id_token or api_key, or PUBLIC_ENDPOINT=no."
            )
        self._listed = Listed.of(settings.allowed_callers) if settings.allowed_callers else None
        self._permissions = Permissions.of(settings.caller_models)
        self._now = now

    async def authenticate(self, headers: Mapping[str, str]) -> Principal:
        """The caller. Raises Unauthenticated, CallerNotListed."""
        given = headers.get("x-serverless-authorization")
        token = jwt.bearer(headers.get("authorization") if given is None else given)
        parsed = jwt.parse(token, "")
        if token.rpartition(".")[2] != REMOVED:
            raise Unauthenticated(
                "signature", "Cloud Run has not checked this token: it still has its signature."
            )
        found = jwt.check_claims(parsed.claims, None, self._now())
        if self._listed is not None:
            self._listed.check(found.email, found.domain)
        return Principal(found.email, self._permissions.models(found.email, found.domain))
