"""What goes wrong in a schedule: drawn by the same dice, counted by kind, and never endless."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from shared.core.errors import (
    JobsUnavailable,
    ObjectNotFound,
    PermissionDenied,
    PlatformUnavailable,
    PreconditionFailed,
    StorageUnavailable,
)
from tests.simulation.schedule import Killed

Make = Callable[[], BaseException]


class Bug(RuntimeError):
    """An error of ours that nobody foresaw."""


BEFORE: dict[str, Make] = {
    "unavailable": lambda: StorageUnavailable("not now"),
    "too many writes": lambda: StorageUnavailable("429"),
    "right withheld": lambda: PermissionDenied("not yet"),
    "killed before": Killed,
    "bug": lambda: Bug("a bug"),
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
JOBS_BEFORE: dict[str, Make] = {
    "jobs unavailable": lambda: JobsUnavailable("not now"),
    "killed before": Killed,
}
JOBS_AFTER: dict[str, Make] = {
    "job's start unanswered": lambda: JobsUnavailable("no answer"),
    "killed after": Killed,
}
OWN_RETRY: dict[str, Callable[[], tuple[str, Exception]]] = {
    "write": lambda: ("own retry met", PreconditionFailed("the live generation is another")),
    "delete": lambda: ("own delete met", ObjectNotFound("it is gone")),
}
"""What a client's own second try meets, once the first one's answer was lost."""
HANG = "hang"
DEATHS = ("killed before", "killed after", "bug", HANG)
"""What counts against the attempts that a drop may have."""
WIRES = {
    "store": (BEFORE, AFTER),
    "platform": (PLATFORM_BEFORE, PLATFORM_AFTER),
    "jobs": (JOBS_BEFORE, JOBS_AFTER),
}


class Faults:
    """The faults of one schedule. left: how many calls may still fail."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.left = dice.randrange(9)
        self.rate = dice.choice((0.01, 0.03, 0.1, 0.3))
        self.struck: Counter[str] = Counter()

    def before(self, wire: str) -> None:
        """Raise what goes wrong before a call took effect."""
        if self._strikes():
            raise self._one_of(WIRES[wire][0])

    def after(self, wire: str, operation: str) -> None:
        """Raise what goes wrong once a call took effect.

        A client that tries a write again, whose answer was lost, meets its own effect.
        """
        if not self._strikes():
            return
        if wire == "store" and operation in OWN_RETRY and self.dice.random() < 0.5:
            kind, error = OWN_RETRY[operation]()
            self.struck[kind] += 1
            raise error
        raise self._one_of(WIRES[wire][1])

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
