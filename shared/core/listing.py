"""What is told of models and versions to those who may ask them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.core.card import Card

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Described:
    """One version. card: None where a person made it, or where its card cannot be read."""

    model: str
    version: str
    is_default: bool
    card: Card | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list. following: where the next part begins, "" at the end."""

    items: list[T]
    following: str = ""
