"""Whose calls these are: credentials for blocking clients, tokens for asynchronous ones.

On Cloud Run and in the local cloud they come from the metadata server; elsewhere from Application
Default Credentials. Nothing is looked up at import, nor when an object here is made.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError

from shared.core.errors import DropserveError, PermissionDenied, RetryableError
from shared.gcp import metadata

_EARLY = timedelta(seconds=225)
"""Renewal begins this long before expiry; the metadata server gives a new token from 300 s on."""
_USABLE = timedelta(seconds=30)
"""A token with less left than this is not sent any more."""
_PAUSE = timedelta(seconds=10)
"""Least time between two renewals that bring the same token."""


def access_credentials(account: str | None = None) -> Credentials:
    """Credentials that carry access tokens; account: an e-mail the metadata server knows.

    Raises google.auth.exceptions.DefaultCredentialsError where there are none.
    """
    if account or _from_metadata():
        return metadata.AccessCredentials(account or "default")
    import google.auth

    credentials, _ = google.auth.default(scopes=[metadata.SCOPE])
    return credentials


def id_credentials(audience: str, account: str | None = None) -> Credentials:
    """Credentials that carry ID tokens for one audience; account as in `access_credentials`."""
    if account or _from_metadata():
        return metadata.IdCredentials(audience, account or "default")
    from google.auth.transport.requests import Request
    from google.oauth2.id_token import fetch_id_token_credentials

    credentials: Credentials = fetch_id_token_credentials(audience, request=Request())
    return credentials


def anonymous_credentials() -> Credentials:
    """No credentials: the local store takes such calls for the person at the keyboard's."""
    return AnonymousCredentials()


def credentials_error(
    error: GoogleAuthError, unavailable: Callable[[str], RetryableError]
) -> DropserveError:
    """The error of the tree for a token that could not be had."""
    if error.retryable:
        return unavailable(f"no token for this call: {error}")
    if isinstance(error, DefaultCredentialsError):
        return PermissionDenied(
            "no credentials found: run under a service account, or `gcloud auth "
            f"application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS. {error}"
        )
    return PermissionDenied(f"no token for this call: {error}")


class Tokens:
    """Bearer tokens for asynchronous callers: cached, renewed once for all who wait, in a thread.

    A token that nears its end is renewed in the background while it is still sent. load: makes
    the credentials, at first use. now: the time, in UTC.
    """

    def __init__(
        self,
        load: Callable[[], Credentials],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._load = load
        self._now = now
        self._credentials: Credentials | None = None
        self._token: str | None = None
        self._usable_until = self._renew_at = datetime.min.replace(tzinfo=UTC)
        self._renewal: asyncio.Task[str] | None = None

    async def token(self) -> str:
        """A token that is good for the next half minute. Raises GoogleAuthError."""
        now = self._now()
        if self._token is None or now >= self._usable_until:
            return await asyncio.shield(self._renewing())
        if now >= self._renew_at:
            self._renewing()
        return self._token

    def reject(self, token: str) -> None:
        """The server refused this token: do not send it again."""
        if token == self._token:
            self._token = None

    def _renewing(self) -> asyncio.Task[str]:
        task = self._renewal
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._renewal = asyncio.create_task(self._renew())
            task.add_done_callback(_retrieve)
        return task

    async def _renew(self) -> str:
        self._renew_at = self._now() + _PAUSE
        token, expiry = await asyncio.to_thread(self._refreshed)
        self._token = token
        self._usable_until = expiry - _USABLE
        self._renew_at = max(expiry - _EARLY, self._renew_at)
        return token

    def _refreshed(self) -> tuple[str, datetime]:
        if self._credentials is None:
            self._credentials = self._load()
        credentials: Any = self._credentials
        credentials.refresh(_transport(credentials))
        expiry = credentials.expiry or datetime.max.replace(tzinfo=None) - timedelta(days=1)
        return credentials.token, expiry.replace(tzinfo=UTC)


def access_tokens(account: str | None = None) -> Tokens:
    """Access tokens, as `access_credentials` finds them."""
    return Tokens(lambda: access_credentials(account))


def id_tokens(audience: str, account: str | None = None) -> Tokens:
    """ID tokens for one audience, as `id_credentials` finds them."""
    return Tokens(lambda: id_credentials(audience, account))


def _from_metadata() -> bool:
    return metadata.present() and not os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")


def _transport(credentials: Credentials) -> Any:
    if isinstance(credentials, (metadata.AccessCredentials, metadata.IdCredentials)):
        return None
    from google.auth.transport.requests import Request

    return Request()


def _retrieve(task: asyncio.Task[str]) -> None:
    """A renewal in the background may fail without a word: the next caller asks again."""
    if not task.cancelled():
        task.exception()
