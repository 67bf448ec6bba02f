"""Who calls `predict`, and who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.core.errors import CallerNotListed, ModelNotAllowed
from shared.core.permission import Models, spelled


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller that has proved who it is. email: its address, or an API key's name; models: those
    it may ask, None for every one."""

    email: str
    models: Models = None

    def may_ask(self, model: str) -> bool:
        """Whether it may ask a model."""
        return self.models is None or model in self.models

    def require(self, model: str) -> None:
        """Raise ModelNotAllowed for a model that it may not ask."""
        if not self.may_ask(model):
            raise ModelNotAllowed(
                f"{self.email[:120]} may not ask this model. "
                "Whoever runs this service can allow it: CALLER_MODELS, or ./run keys."
            )


class Authenticator(Protocol):
    """Tells who calls. One implementation for each way of proving it."""

    async def authenticate(self, headers: Mapping[str, str]) -> Principal:
        """The caller, from request headers (names in lower case).

        Raises Unauthenticated, CallerNotListed, KeysUnavailable.
        """


@dataclass(frozen=True, slots=True)
class Listed:
    """Those who may predict: e-mail addresses, and @domains. An empty list lets nobody in."""

    entries: frozenset[str]

    @classmethod
    def of(cls, entries: tuple[str, ...]) -> Listed:
        """From the setting ALLOWED_CALLERS; case does not count."""
        return cls(frozenset(map(spelled, entries)))

    def check(self, email: str, domain: str) -> None:
        """Raise CallerNotListed for anybody else. domain: the @domain that answers for the caller,
        "" for none."""
        if self.entries.isdisjoint((spelled(email), domain)):
            raise CallerNotListed(
                f"{email[:120]} is not among the callers that may predict. "
                "Whoever runs this service can add it to ALLOWED_CALLERS."
            )
