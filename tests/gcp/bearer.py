"""Credentials for tests: a new token each time they are refreshed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from google.auth.credentials import Credentials


class Bearer(Credentials):
    """token-1, token-2, ... or always the given one; each good for `lifetime`."""

    def __init__(self, lifetime: timedelta = timedelta(hours=1), token: str = "") -> None:
        super().__init__()
        self.refreshed = 0
        self.lifetime = lifetime
        self.given = token

    def refresh(self, request: Any) -> None:
        self.refreshed += 1
        self.token = self.given or f"token-{self.refreshed}"
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + self.lifetime
