"""Who calls `predict`, and who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.core.errors import CallerNotListed


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller that has proved its e-mail address."""

    email: str


class Authenticator(Protocol):
    """Tells who calls. One implementation for each way of proving it."""

    async def authenticate(self, headers: Mapping[str, str]) -> Principal:
        """The caller, from request headers (names in lower case).

        Raises Unauthenticated, CallerNotListed, KeysUnavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """Those who may predict: e-mail addresses, and @domains. An empty list lets nobody in."""

    entries: frozenset[str]

    @classmethod
    def of(cls, entries: tuple[str, ...]) -> Listed:
        """From the setting ALLOWED_CALLERS; case does not count."""
        return cls(frozenset(entry.casefold() for entry in entries))

    def check(self, principal: Principal) -> None:
        """Raise CallerNotListed for anybody else."""
        email = principal.email.casefold()
        domain = email[email.rfind("@") :]
        if email not in self.entries and domain not in self.entries:
            raise CallerNotListed(
                f"{principal.email[:120]} is not among the callers that may predict. "
                "Whoever runs this service can add it to ALLOWED_CALLERS."
            )
