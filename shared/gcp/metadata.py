"""Credentials of a service account, from the metadata server of the machine we run on.

google-auth's own metadata credentials do not fit: they ask for the default account's token even
where another is named, they need `requests`, and they send the token to iamcredentials.googleapis
.com in a thread of its own, which a laptop without an account must not do.
"""

from __future__ import annotations

import json
import os
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError

from shared.core import jwt

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_ATTEMPTS = 4
_TIMEOUT_SECONDS = 5
_RETRYABLE = (429, 500, 502, 503, 504)


class _MetadataCredentials(Credentials):
    """A token from the metadata server. account: an e-mail address, or "default"."""

    def __init__(self, account: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._account = urllib.parse.quote(account, safe="@")

    @property
    def service_account_email(self) -> str:
        """The account, as it was asked for."""
        return urllib.parse.unquote(self._account)


class AccessCredentials(_MetadataCredentials):
    """OAuth access tokens, which Google's APIs take."""

    def refresh(self, request: Any) -> None:  # noqa: ARG002 - google-auth's signature
        """Ask for a token now. Raises google.auth.exceptions.RefreshError or TransportError."""
        answer = _get(f"{self._account}/token", {"scopes": SCOPE})
        try:
            grant = json.loads(answer)
            self.token = grant["access_token"]
            self.expiry = _naive_now() + timedelta(seconds=grant["expires_in"])
        except (ValueError, KeyError, TypeError) as error:
            raise RefreshError("the metadata server's token answer is unreadable") from error


class IdCredentials(_MetadataCredentials):
    """ID tokens for one audience, which Cloud Run services take."""

    def __init__(self, audience: str, account: str) -> None:
        super().__init__(account)
        self._audience = audience

    def refresh(self, request: Any) -> None:  # noqa: ARG002 - google-auth's signature
        """Ask for a token now. Raises google.auth.exceptions.RefreshError or TransportError."""
        query = {"audience": self._audience, "format": "full"}
        answer = _get(f"{self._account}/identity", query).strip()
        try:
            self.expiry = jwt.expiry(answer).replace(tzinfo=None)
            self.token = answer
        except ValueError as error:
            raise RefreshError("the metadata server's ID token is unreadable") from error


def present() -> bool:
    """Whether this process runs where a metadata server answers (Cloud Run, the local cloud)."""
    return bool(os.environ.get("GCE_METADATA_HOST") or os.environ.get("K_SERVICE"))


def _get(path: str, query: dict[str, str]) -> str:
    host = os.environ.get("GCE_METADATA_HOST") or "metadata.google.internal"
    url = (
        f"http://{host}/computeMetadata/v1/instance/service-accounts/{path}"
        f"?{urllib.parse.urlencode(query)}"
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, headers={"Metadata-Flavor": "Google"})
    failure: GoogleAuthError
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            failure = _refused(path, error)
        except OSError as error:
            failure = TransportError(f"no answer from {host}: {error}", retryable=True)
        if attempt == _ATTEMPTS or not failure.retryable:
            break
        time.sleep(random.uniform(0.05, 0.15) * 2**attempt)
    raise failure


def _refused(path: str, error: urllib.error.HTTPError) -> RefreshError:
    with error:
        return RefreshError(
            f"the metadata server answered {error.code} for {path}",
            retryable=error.code in _RETRYABLE,
        )


def _naive_now() -> datetime:
    """Now in UTC without a time zone: google-auth's convention for `expiry`."""
    return datetime.now(UTC).replace(tzinfo=None)
