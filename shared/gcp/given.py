"""Credentials whose tokens somebody else gets, such as gcloud for the person who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from google.auth.credentials import Credentials

Token = tuple[str, datetime]
"""A token, and when it expires, aware."""


class GivenCredentials(Credentials):
    """Asks for a token whenever the last one nears its end. ask: what it raises comes out."""

    def __init__(self, ask: Callable[[], Token]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._ask = ask

    def refresh(self, request: Any) -> None:  # noqa: ARG002 - google-auth's signature
        """Ask now."""
        self.token, expiry = self._ask()
        self.expiry = expiry.astimezone(UTC).replace(tzinfo=None)  # google-auth's convention
