"""A class that comes or goes: what it means for those who call the model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from shared.core.errors import Finding
from shared.training.judging.champion import Champion

UNLIKELY = 0.01


@dataclass(frozen=True)
class ClassChange:
    """Classes that only one of the two data sets has.

    unlikely: vanished ones that so many rows should have shown, had nothing changed.
    """

    added: tuple[str, ...]
    vanished: tuple[str, ...]
    unlikely: tuple[str, ...]

    @classmethod
    def between(cls, champion: Champion, classes: tuple[str, ...], rows: int) -> ClassChange:
        """From the champion's classes to those that occur. rows: how many could have shown one."""
        before = champion.schema.classes or ()
        added = tuple(name for name in classes if name not in before)
        vanished = tuple(name for name in before if name not in classes)
        all_rows = sum(champion.class_counts.values())
        unlikely = tuple(
            name
            for name in vanished
            if _absent(champion.class_counts.get(name, all_rows), all_rows, rows) < UNLIKELY
        )
        return cls(added, vanished, unlikely)

    def warnings(self) -> list[Finding]:
        """What is told beside the decision."""
        found = []
        if self.added:
            names = ", ".join(map(repr, self.added))
            message = f"the class {names} is new: callers get an answer that they do not know yet."
            found.append(Finding("class_added", message))
        if self.vanished:
            names = ", ".join(map(repr, self.vanished))
            found.append(Finding("class_vanished", f"no row has the class {names} any more."))
        return found

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {key: list(value) for key, value in asdict(self).items()}


def _absent(count: int, all_rows: int, rows: int) -> float:
    """How probable it is that so many rows show no row of a class."""
    share = count / all_rows if all_rows else 1.0
    return float((1 - min(share, 1.0)) ** rows)
