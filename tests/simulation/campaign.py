"""Many schedules, one seed each, and what they found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.simulation.check import violations
from tests.simulation.play import Play


@dataclass
class Findings:
    """wrong: seed -> violations. faults: how many struck, by kind. steps: turns that were taken;
    sources: CSVs and models that people put."""

    schedules: int = 0
    sources: int = 0
    steps: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    wrong: dict[int, list[str]] = field(default_factory=dict)


def play(seed: int, drop_share: float = 0.0, kind: type[Play] = Play) -> tuple[Play, list[str]]:
    """One schedule and its violations.

    Where something got lost, died or was deleted, one reconcile comes before the look; in some
    every event comes again a day later, and then the same must hold.
    """
    played = kind(seed, drop_share)
    played.run()
    if played.needs_repair:
        failed = played.repair().failed
        played.wrong += [f"reconcile left {uri}: {why}" for uri, why in failed.items()]
    wrong = violations(played)
    if played.replays and not wrong:
        played.day_later()
        wrong = [f"a day later {one}" for one in violations(played)]
    return played, wrong


def campaign(seeds: Iterable[int], drop_share: float = 0.0, kind: type[Play] = Play) -> Findings:
    """Play every seed."""
    found = Findings()
    for seed in seeds:
        played, wrong = play(seed, drop_share, kind)
        found.schedules += 1
        found.steps += played.steps
        found.sources += len(played.sources)
        found.faults += played.faults.struck
        if wrong:
            found.wrong[seed] = wrong
    return found
