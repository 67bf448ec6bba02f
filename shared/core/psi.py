"""The population stability index: how far a distribution lies from another, over equal bins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

WARN, HIGH = 0.1, 0.25
"""The usual bounds of the index. With another high bound the warning keeps its share of it."""

LEVELS = ("none", "warn", "high")
MOST_NAMED = 5
"""In words."""

_UNLIKELY = 3.0902
"""Few rows differ by chance alone: below what one in a thousand such draws shows, none is said. As
a normal distribution's quantile."""


def index(before: Sequence[int], after: Sequence[int]) -> dict[str, Any]:
    """The index over the bins, and what chance alone shows of it.

    Half a row is added to each bin, so that an empty one is no infinity.
    """
    sizes = [sum(counts) + 0.5 * len(counts) for counts in (before, after)]
    psi = 0.0
    for old, new in zip(before, after, strict=True):
        share, other = (old + 0.5) / sizes[0], (new + 0.5) / sizes[1]
        psi += (other - share) * math.log(other / share)
    used = sum(old + new > 0 for old, new in zip(before, after, strict=True))
    chance = _chi_square(max(used - 1, 1)) * sum(1 / size for size in sizes)
    return {"psi": float(f"{psi:.4g}"), "chance": float(f"{chance:.4g}")}


def judged(fact: dict[str, Any], high: float = HIGH) -> dict[str, Any]:
    """With its level: above a bound, and above what few rows differ by anyway."""
    bounds = (high * WARN / HIGH, high)
    steps = sum(fact["psi"] >= max(bound, fact["chance"]) for bound in bounds)
    return {**fact, "level": LEVELS[steps]}


def worst(facts: Sequence[dict[str, Any]]) -> str:
    """The highest level among them."""
    return LEVELS[max((LEVELS.index(fact["level"]) for fact in facts), default=0)]


def words(facts: Sequence[dict[str, Any]]) -> list[str]:
    """Which of them have moved: the first few by name."""
    moved = [fact for fact in facts if fact.get("level", "none") != "none"]
    told = [
        f"{fact['name']} has moved (PSI {fact['psi']:.2f}, {fact['level']})."
        for fact in moved[:MOST_NAMED]
    ]
    more = len(moved) - MOST_NAMED
    return told + ([f"So have {more} more."] if more > 0 else [])


def _chi_square(freedom: int) -> float:
    """What a chi-square variable exceeds one time in a thousand (Wilson and Hilferty; within 4 %,
    on the careful side)."""
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + _UNLIKELY * math.sqrt(spread)) ** 3)
