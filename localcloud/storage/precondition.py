"""Preconditions of reads and writes: ifGenerationMatch and its kin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.storage.error import NotModified, invalid, precondition_failed


def integer(query: Mapping[str, str], key: str) -> int | None:
    """A whole number of the query, None where absent. Raises ApiError (400)."""
    text = query.get(key)
    if text is None or text == "":
        return None
    try:
        return int(text)
    except ValueError:
        raise invalid(f"Invalid argument: {key} is not a number.") from None


@dataclass(frozen=True)
class Preconditions:
    """What must hold of the live object. None: no such condition.

    kind: "if", or "ifSource" for the source of a copy.
    """

    generation_match: int | None = None
    generation_not_match: int | None = None
    metageneration_match: int | None = None
    metageneration_not_match: int | None = None
    kind: str = "if"

    @classmethod
    def of(cls, query: Mapping[str, str], kind: str = "if") -> Preconditions:
        """From a request's query."""
        return cls(
            integer(query, f"{kind}GenerationMatch"),
            integer(query, f"{kind}GenerationNotMatch"),
            integer(query, f"{kind}MetagenerationMatch"),
            integer(query, f"{kind}MetagenerationNotMatch"),
            kind,
        )

    def check_write(self, generation: int, metageneration: int) -> None:
        """Hold them against the live object; 0, 0 where there is none. Raises ApiError (412)."""
        self._check_match(generation, metageneration)
        if self.generation_not_match == generation:
            raise precondition_failed(f"{self.kind}GenerationNotMatch")
        if metageneration and self.metageneration_not_match == metageneration:
            raise precondition_failed(f"{self.kind}MetagenerationNotMatch")

    def check_read(self, generation: int, metageneration: int) -> None:
        """The same for a read, where "not match" means 304. Raises ApiError, NotModified."""
        self._check_match(generation, metageneration)
        if generation == self.generation_not_match:
            raise NotModified
        if metageneration == self.metageneration_not_match:
            raise NotModified

    def _check_match(self, generation: int, metageneration: int) -> None:
        if self.generation_match not in (None, generation):
            raise precondition_failed(f"{self.kind}GenerationMatch")
        if self.metageneration_match not in (None, metageneration):
            raise precondition_failed(f"{self.kind}MetagenerationMatch")
