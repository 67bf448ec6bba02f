"""Who is signed in to gcloud: their name, their settings, their tokens.

gcloud's own sign-in, because whoever deployed has it. Application Default Credentials of a person
would not do: google-auth makes no ID tokens of them, and Cloud Run takes nothing else.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cli.failure import Failure
from cli.right import missing
from deploy.gcloud import Result, Runner, line
from shared.core import jwt

LEAST = timedelta(minutes=5)
"""A token with less left than this is not used any more."""
_SIGNED_OUT = re.compile(
    r"gcloud auth login|active account|reauthenticat|invalid_grant|refreshing your", re.IGNORECASE
)
_MACHINE = ".gserviceaccount.com"
Token = tuple[str, datetime]


class SignedIn:
    """The person, or the service account that they act as. Safe for threads."""

    def __init__(self, gcloud: Runner) -> None:
        self._gcloud = gcloud
        self._lock = threading.Lock()
        self._kept: dict[str, Token] = {}

    @property
    def email(self) -> str:
        """Who calls."""
        return self._impersonated or str(self._property("core", "account"))

    @property
    def project(self) -> str:
        """The project that gcloud is set to, or ""."""
        return str(self._property("core", "project"))

    def access_token(self) -> Token:
        """An access token, and when it ends. Raises Failure."""
        with self._lock:
            if not _is_good(self._kept.get("")):
                self._kept[""] = _access(self._helped())
            return self._kept[""]

    def id_token(self, audience: str) -> Token:
        """An ID token, and when it ends. Raises Failure.

        Of a service account it is for that audience; of a person always for gcloud itself, which
        Cloud Run takes too.
        """
        with self._lock:
            if not _is_good(self._kept.get(audience)):
                words = ("auth", "print-identity-token", *self._for(audience))
                self._kept[audience] = _identity(self.run(words).out.strip())
            return self._kept[audience]

    def access(self) -> Any:
        """google-auth's credentials with access tokens."""
        from shared.gcp.given import GivenCredentials

        return GivenCredentials(self.access_token)

    def identity(self, audience: str) -> Any:
        """google-auth's credentials with ID tokens."""
        from shared.gcp.given import GivenCredentials

        return GivenCredentials(lambda: self.id_token(audience))

    def run(self, words: Sequence[str]) -> Result:
        """A gcloud command that must succeed. Raises Failure with what to do."""
        done = self._gcloud.run(words)
        if done.code:
            raise Failure(explained(words, done.err))
        return done

    def _for(self, audience: str) -> tuple[str, ...]:
        if self._impersonated:
            account = f"--impersonate-service-account={self._impersonated}"
            return (account, f"--audiences={audience}", "--include-email")
        return (f"--audiences={audience}",) if self.email.endswith(_MACHINE) else ()

    @property
    def _impersonated(self) -> str:
        return str(self._property("auth", "impersonate_service_account"))

    def _property(self, section: str, name: str) -> Any:
        return self._properties.get(section, {}).get(name) or ""

    @cached_property
    def _properties(self) -> dict[str, Any]:
        helped = self._helped()
        self._kept[""] = _access(helped)
        found: dict[str, Any] = helped["configuration"]["properties"]
        return found

    def _helped(self) -> dict[str, Any]:
        """Account, settings and an access token with its end, in one command."""
        words = ("config", "config-helper", "--min-expiry=10m", "--format=json")
        found: dict[str, Any] = self.run(words).parsed()
        return found


def explained(words: Sequence[str], said: str) -> str:
    """Why a gcloud command failed, and what to do."""
    if _SIGNED_OUT.search(said):
        return "nobody is signed in to gcloud here, or no longer; type: gcloud auth login"
    last = said.strip().removeprefix("ERROR: ") or "it said nothing"
    return f"{line(words[:2])}: {last[:600]}{missing(said)}"


def _is_good(token: Token | None) -> bool:
    return token is not None and token[1] > datetime.now(UTC) + LEAST


def _access(helped: dict[str, Any]) -> Token:
    credential = helped["credential"]
    expiry = credential.get("token_expiry")
    end = datetime.fromisoformat(expiry) if expiry else datetime.now(UTC) + 2 * LEAST
    return str(credential["access_token"]), end


def _identity(token: str) -> Token:
    try:
        return token, jwt.expiry(token)
    except ValueError as error:
        raise Failure("gcloud auth print-identity-token printed no ID token") from error
