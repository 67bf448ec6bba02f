"""Who calls: by an ID token verified here or by Cloud Run, or the person at the keyboard."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlsplit

from starlette.types import Scope

from serving.caller import ACCOUNTS, KEYBOARD, Caller, caller_of
from serving.configuration import Configuration
from serving.refusal import Refusal
from shared.core.header import joined
from shared.core.principal import Authenticator
from shared.gcp.cloud_run import CloudRunAuthenticator
from shared.gcp.id_token import IdTokenAuthenticator

PROXIED = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"}
"""What a proxy says of whom it asks for."""


class Identity(Protocol):
    """Tells who calls."""

    async def of(self, scope: Scope) -> Caller:
        """The caller of a request. Raises Unauthenticated, CallerNotListed, Refusal."""


class VerifiedHere:
    """An ID token for our address; on a loopback connection, no token is the person there."""

    def __init__(self, authenticator: Authenticator, caller: Callable[[str], Caller]) -> None:
        self._authenticator = authenticator
        self._caller = caller

    async def of(self, scope: Scope) -> Caller:
        """The caller."""
        headers = joined(scope["headers"])
        if "authorization" not in headers and is_loopback((scope.get("client") or ("",))[0]):
            _refuse_others(headers)
            return KEYBOARD
        return self._caller((await self._authenticator.authenticate(headers)).email)


class VerifiedByCloudRun:
    """Cloud Run has checked the token and taken its signature away: predict's own reading of it."""

    def __init__(self, authenticator: Authenticator, caller: Callable[[str], Caller]) -> None:
        self._authenticator = authenticator
        self._caller = caller

    async def of(self, scope: Scope) -> Caller:
        """The caller."""
        principal = await self._authenticator.authenticate(joined(scope["headers"]))
        return self._caller(principal.email)


def identity_of(
    configuration: Configuration, environment: Mapping[str, str] = os.environ
) -> Identity:
    """What the setting SERVING_AUTH says. Raises SettingsError for iam where nobody checks."""
    settings = configuration.settings
    operators = configuration.serving_operators

    def caller(email: str) -> Caller:
        return caller_of(email, settings.email, operators)

    if configuration.serving_auth == "iam":
        all_of_them = replace(settings, allowed_callers=(), caller_models=(), public_endpoint="no")
        checked = CloudRunAuthenticator(all_of_them, environment, setting="SERVING_AUTH")
        return VerifiedByCloudRun(checked, caller)
    listed = (*operators, *(settings.email(account) for account in ACCOUNTS))
    audiences = tuple(dict.fromkeys((settings.ai_platform_url, settings.ai_platform_data_url)))
    own = replace(settings, audience=audiences, allowed_callers=listed)
    return VerifiedHere(IdTokenAuthenticator(own), caller)


@lru_cache(1024)
def is_loopback(address: str) -> bool:
    """Whether an address or host name is this machine's own."""
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _refuse_others(headers: dict[str, str]) -> None:
    """A page in this person's browser could send requests here in their name; a proxy on this
    machine lets others in."""
    if not headers.keys().isdisjoint(PROXIED):
        raise Refusal(403, "A request that came through a proxy needs a token.")
    origin = headers.get("origin")
    own = _is_own(f"//{headers.get('host', '')}") and (origin is None or _is_own(origin))
    if not own or headers.get("sec-fetch-site") == "cross-site":
        raise Refusal(403, "A web page of another host may not call this service.")


@lru_cache(1024)
def _is_own(place: str) -> bool:
    """Whether the part of an address after // names this machine."""
    try:
        return is_loopback(urlsplit(place).hostname or "")
    except ValueError:
        return False
