"""Test switches of Eventarc: what at-least-once delivery may do, made to happen."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

_Item = TypeVar("_Item")


class WrongSwitch(ValueError):
    """There is no such switch, or it cannot have that value."""


@dataclass
class Switches:
    """All off by default.

    duplicates: deliveries each event makes. shuffle: seed of a random order and small random
    delays of up to shuffle_seconds. drop_share: share of the events that get lost (0 to 1).
    """

    duplicates: int = 1
    shuffle: int | None = None
    shuffle_seconds: float = 0.1
    drop_share: float = 0.0
    _dice: random.Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.shuffle or 0)

    def as_dict(self) -> dict[str, Any]:
        """The switches as JSON."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.init}

    def changed(self, values: Mapping[str, Any]) -> Switches:
        """These switches with some set anew. Raises WrongSwitch, naming what there is."""
        known = sorted(self.as_dict())
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise WrongSwitch(f"no switch {', '.join(unknown)}; there are {', '.join(known)}")
        checked = {name: _read(name, value) for name, value in values.items()}
        return replace(self, **checked)

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Switches:
        """From Configuration.switches, which holds those of other services too."""
        known = cls().as_dict()
        return cls().changed({name: text for name, text in texts.items() if name in known})

    def order(self, items: list[_Item]) -> list[_Item]:
        """The items in the order in which they are to be delivered."""
        return items if self.shuffle is None else self._dice.sample(items, len(items))

    def pause(self) -> float:
        """Seconds to hold a delivery back."""
        return 0.0 if self.shuffle is None else self._dice.uniform(0, self.shuffle_seconds)

    def loses(self) -> bool:
        """Whether the next event gets lost."""
        return self.drop_share > 0 and self._dice.random() < self.drop_share


def _read(name: str, value: Any) -> Any:
    try:
        if name == "duplicates":
            return _within(int(value), 1, 100)
        if name == "shuffle":
            return None if value in (None, "", False) else int(value)
        return _within(float(value), 0.0, 1.0 if name == "drop_share" else 60.0)
    except (TypeError, ValueError) as error:
        raise WrongSwitch(f"switch {name} cannot be {value!r}: {error}") from None


_Number = TypeVar("_Number", int, float)


def _within(value: _Number, lowest: _Number, highest: _Number) -> _Number:
    if not lowest <= value <= highest:
        raise ValueError(f"it must be {lowest} to {highest}")
    return value
