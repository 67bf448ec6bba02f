"""Which models a caller may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.core.artifact import VERSION_NAME

EVERY = "*"
Models = frozenset[str] | None
"""Names of models; None: every one."""


def models_of(words: tuple[str, ...]) -> Models:
    """`("iris", "wine")`, or `("*",)` for every model. Raises ValueError."""
    wrong = [word for word in words if word != EVERY and not VERSION_NAME.fullmatch(word)]
    if wrong or not words:
        raise ValueError(f"{wrong[0][:80]!r} is no model's name" if wrong else "names no model")
    return None if EVERY in words else frozenset(words)


def spelled(address: str) -> str:
    """An address as it is compared: ASCII without case. Nothing else is folded: straße.example and
    strasse.example are two owners' domains."""
    return address.lower() if address.isascii() else address


@dataclass(frozen=True)
class Permissions:
    """Caller -> models, from the setting CALLER_MODELS. Without rows everybody may ask every model;
    with rows, whom none names may ask none."""

    rows: Mapping[str, Models] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: tuple[str, ...]) -> Permissions:
        """From `who=model+model`, who being an e-mail address, an @domain or *. ValueError."""
        rows: dict[str, Models] = {}
        for entry in entries:
            who, _, models = entry.rpartition("=")
            if not who:
                raise ValueError(f"{entry[:80]!r} must be CALLER=MODEL+MODEL")
            rows[spelled(who.strip())] = models_of(tuple(models.strip().split("+")))
        return cls(rows)

    def models(self, email: str, domain: str = "") -> Models:
        """What this caller may ask: by its own row, else its domain's, else that of *."""
        if not self.rows:
            return None
        for who in (spelled(email), domain, EVERY):
            if who in self.rows:
                return self.rows[who]
        return frozenset()
