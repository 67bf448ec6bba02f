"""What goes wrong in a schedule: drawn by the same dice, counted by kind, and never endless."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from shared.core.errors import (
    PermissionDenied,
    PlatformUnavailable,
    PreconditionFailed,
    StorageUnavailable,
)
from tests.simulation.schedule import Killed

Make = Callable[[], BaseException]

BEFORE: dict[str, Make] = {
    "unavailable": lambda: StorageUnavailable("not now"),
    "too many writes": lambda: StorageUnavailable("429"),
    "right withheld": lambda: PermissionDenied("not yet"),
    "killed before": Killed,
    "bug": lambda: RuntimeError("a bug"),
}
AFTER: dict[str, Make] = {
    "answer lost": lambda: StorageUnavailable("no answer"),
    "killed after": Killed,
}
PLATFORM_BEFORE: dict[str, Make] = {
    "platform unavailable": lambda: PlatformUnavailable("not now"),
    "killed before": Killed,
}
PLATFORM_AFTER: dict[str, Make] = {
    "platform's answer lost": lambda: PlatformUnavailable("no answer"),
    "killed after": Killed,
}
OWN_RETRY = "own retry met"
HANG = "hang"


class Faults:
    """The faults of one schedule. left: how many calls may still fail."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.left = dice.randrange(9)
        self.rate = dice.choice((0.01, 0.03, 0.1, 0.3))
        self.struck: Counter[str] = Counter()

    def before(self, *, platform: bool) -> None:
        """Raise what goes wrong before a call took effect."""
        if self._strikes():
            raise self._one_of(PLATFORM_BEFORE if platform else BEFORE)

    def after(self, *, platform: bool, write: bool) -> None:
        """Raise what goes wrong once a call took effect.

        A client that tries a write again, whose answer was lost, meets its own effect.
        """
        if not self._strikes():
            return
        if write and self.dice.random() < 0.5:
            self.struck[OWN_RETRY] += 1
            raise PreconditionFailed("the live generation is another")
        raise self._one_of(PLATFORM_AFTER if platform else AFTER)

    def hangs(self) -> bool:
        """Whether the running task now stands still for longer than any lease."""
        hangs = self.left > 0 and self.dice.random() < self.rate / 8
        if hangs:
            self.left -= 1
            self.struck[HANG] += 1
        return hangs

    def count(self, kind: str) -> None:
        """A fault of delivery, or of people."""
        self.struck[kind] += 1

    def _strikes(self) -> bool:
        return self.left > 0 and self.dice.random() < self.rate

    def _one_of(self, kinds: dict[str, Make]) -> BaseException:
        self.left -= 1
        kind = self.dice.choice(list(kinds))
        self.struck[kind] += 1
        return kinds[kind]()
