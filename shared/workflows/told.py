"""What the ledger tells by the names of its entries alone: nothing is read."""

from __future__ import annotations

from collections.abc import Iterable

from shared.core.ledger import entry_name


class Told:
    """Which entries there are. drops: (model, drop) of each."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = set(names)
        parts = (name.split("/") for name in self._names)
        self.drops = {(model, drop) for _, model, drop, _ in parts}

    def has(self, model: str, drop: str, *steps: str) -> bool:
        """Whether one of these entries stands."""
        return any(entry_name(model, drop, step) in self._names for step in steps)
