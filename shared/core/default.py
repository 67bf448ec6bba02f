"""The desired default of a model: one object in STATE, changed by compare-and-swap only.

`serving` answers for the default straight from this object; other platforms are reconciled to it.
The rules live here as pure functions; who reads and writes is the business of the rooms above.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from shared.core.artifact import FORMAT, without_format
from shared.core.errors import PermanentError

SUPERSEDED_BY_NEWER = "superseded_by_newer"
PINNED = "pinned"
FROZEN = "frozen"
HELD = "held"
LEAVING = "leaving"
"""Why a version that is READY is not the default."""

NEWEST = "newest"
"""Why a version is the default, where neither a pin nor a freeze keeps it."""


class VersionLeaves(PermanentError):
    """A version that is being collected or forgotten is nobody's choice any more."""

    code = "version_leaves"


@dataclass(frozen=True)
class Default:
    """The default version of a model.

    order: `Source.order` of the version's source, or None where no order is known (a version that
    a person made; anything with an order is newer). pinned_by: who chose it by hand so that it
    stays, else ""; pinned_at: when (RFC 3339). frozen_by: who stopped promotions, else "". leaving:
    versions that are being deleted; as they stand here, none of them can become the default.
    """

    model: str
    version: str
    deployment_uri: str
    order: tuple[str, int, str] | None = None
    pinned_by: str = ""
    previous: str = ""
    pinned_at: str = ""
    frozen_by: str = ""
    leaving: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Why this version and no other: PINNED, FROZEN or NEWEST."""
        return PINNED if self.pinned_by else FROZEN if self.frozen_by else NEWEST

    def told(self) -> dict[str, str]:
        """Who is live and why, as stories and status pages tell it."""
        facts = ("version", "why", "previous", "pinned_by", "pinned_at", "frozen_by")
        return {name: value for name in facts if (value := getattr(self, name))}

    def to_json(self) -> bytes:
        """The stored object."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Default:
        """Reverse of `to_json`. Raises NewerFormat."""
        value = without_format(json.loads(data), "the default")
        order, leaving = value.pop("order"), tuple(value.pop("leaving", ()))
        return cls(order=tuple(order) if order else None, leaving=leaving, **value)


Release = Callable[[Default, Default | None], Default | None]
"""Undoes a pin or a freeze: (current, newest that may be the default) -> the default."""


def is_newer(one: Default, other: Default) -> bool:
    """Whether the source of one version is newer; one of unknown order is older than any other."""
    return (one.order or ("", 0, "")) > (other.order or ("", 0, ""))


def hindrance(current: Default | None, candidate: Default) -> str:
    """Why another version that is ready does not replace the default, "" where it does."""
    if current is None:
        return ""
    if candidate.version in current.leaving:
        return LEAVING
    if current.order is not None and not is_newer(candidate, current):
        return SUPERSEDED_BY_NEWER
    if current.pinned_by:
        return PINNED
    return FROZEN if current.frozen_by else ""


def successor(current: Default | None, candidate: Default) -> Default | None:
    """What the default becomes when `candidate` is ready, or None where it stays as it is.

    The newest source wins whatever the order of arrival; a pin and a freeze stay.
    """
    if current is None:
        return candidate
    if current.version == candidate.version:  # chosen before anybody knew how new it is
        known = current.order is not None or candidate.order is None
        return None if known else replace(current, order=candidate.order)
    if hindrance(current, candidate):
        return None
    return replace(candidate, previous=current.version, leaving=current.leaving)


def chosen(current: Default | None, choice: Default, by: str, at: str = "") -> Default | None:
    """What the default becomes when a person chooses `choice` by hand: it pins.

    Raises VersionLeaves.
    """
    if current is not None and current.version == choice.version and current.pinned_by:
        return None
    return replace(_moved(current, choice), pinned_by=by, pinned_at=at)


def promoted(current: Default | None, choice: Default) -> Default | None:
    """What the default becomes when a person makes `choice` live: newer versions replace it.

    That ends a pin; a freeze stays. Raises VersionLeaves.
    """
    moved = replace(_moved(current, choice), pinned_by="", pinned_at="")
    return None if moved == current else moved


def unpinned(current: Default, newest: Default | None) -> Default | None:
    """What the default becomes when its pin is released, or None where it has none.

    newest: the newest version that may be the default, None where it is this one.
    """
    if not current.pinned_by:
        return None
    free = replace(current, pinned_by="", pinned_at="")
    return (successor(free, newest) if newest else None) or free


def frozen(current: Default, by: str) -> Default | None:
    """What the default becomes when promotions are stopped, None where they are already."""
    return None if current.frozen_by else replace(current, frozen_by=by)


def unfrozen(current: Default, newest: Default | None) -> Default | None:
    """What the default becomes when promotions go on, None where they were never stopped."""
    if not current.frozen_by:
        return None
    free = replace(current, frozen_by="")
    return (successor(free, newest) if newest else None) or free


def without(current: Default, leaving: Iterable[str]) -> Default | None:
    """The default with exactly these other versions to be deleted, None where it stays as it is."""
    going = tuple(sorted({*leaving} - {current.version}))
    return None if going == current.leaving else replace(current, leaving=going)


def pin_days(current: Default, now: datetime) -> int:
    """For how many whole days the default has been pinned; 0 without a pin of known time."""
    if not (current.pinned_by and current.pinned_at):
        return 0
    since = datetime.fromisoformat(current.pinned_at)
    return max(0, (now - since) // timedelta(days=1))


def _moved(current: Default | None, choice: Default) -> Default:
    """`choice` as the default, with what was the default before, and the freeze kept."""
    if current is None:
        return choice
    if current.version == choice.version:
        return replace(current, order=current.order or choice.order)
    if choice.version in current.leaving:
        raise VersionLeaves(f"version {choice.version} of {choice.model} is being deleted")
    kept = replace(choice, frozen_by=current.frozen_by, leaving=current.leaving)
    return replace(kept, previous=current.version)
