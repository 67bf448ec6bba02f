"""Which versions of a model are old enough to be deleted. Rules, without any I/O.

The platform takes 200 versions of all models together. Each model has an equal share of a ceiling
below that; one that outgrows its share gives up its oldest, down to nine tenths, so that not every
release has to collect.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.core.default import Default

_ROOM = 0.9


@dataclass(frozen=True)
class Standing:
    """What the ledger says of a version that the platform has.

    good: its release ended well; failed: it ended badly; gone: it was collected, and came back by
    by a call that was under way. None of them: it is under way, or a person made it. order: the
    time of its source, as far as it is needed to tell it from the others.
    """

    version: str
    order: tuple[str, int, str] = ("", 0, "")
    good: bool = False
    failed: bool = False
    gone: bool = False


def share(ceiling: int, models: int) -> int:
    """How many versions one model may have where there are so many models."""
    return max(1, ceiling // max(1, models))


def to_collect(
    standing: Iterable[Standing], default: Default | None, keep: int, most: int
) -> list[str]:
    """The versions to delete, those that serve nobody first, then the oldest.

    Never the default (a pinned one is that), the one before it, nor the newest `keep` good ones.
    """
    known = list(standing)
    spared = _spared(known, default, keep)
    free = sorted((one for one in known if one.version not in spared), key=_age)
    gone = [one.version for one in free if one.gone]
    failed = [one.version for one in free if one.failed and not one.gone]
    good = [one.version for one in free if one.good and not one.gone] if default else []
    left = len(known) - len(gone)
    surplus = left - int(most * _ROOM) if left > most else 0
    return gone + (failed + good)[: max(0, surplus)]


def _spared(known: list[Standing], default: Default | None, keep: int) -> set[str]:
    good = sorted((one for one in known if one.good and not one.gone), key=_age, reverse=True)
    spared = {default.version, default.previous} if default else set()
    return spared | {one.version for one in good[:keep]}


def _age(one: Standing) -> tuple[tuple[str, int, str], str]:
    return one.order, one.version
