"""States, reasons and choices in words, for pages, notices and the terminal alike."""

from __future__ import annotations

from shared.core.artifact import drop_of_version
from shared.core.page.facts import Facts
from shared.core.text import count, moment

STATES = {
    "received": ("", "received"),
    "training": ("", "training"),
    "trained": ("", "trained"),
    "created": ("", "releasing"),
    "refused": ("bad", "refused"),
    "exhausted": ("bad", "given up"),
    "failed": ("bad", "failed"),
    "superseded": ("", "superseded"),
    "live": ("good", "released"),
    "ready": ("warn", "waiting"),
    "forgotten": ("", "forgotten"),
}
"""State of a drop -> (kind of tag, word)."""

WAITING = {
    "held": "held: it would break callers, or waits for a person",
    "pinned": "a person pinned another version",
    "frozen": "a person froze promotions",
    "superseded_by_newer": "a newer one was the default before it was ready",
}


def state(drop: Facts, live: str) -> tuple[str, str]:
    """(kind of tag, word) of a drop; live: the version that is live now."""
    version = drop.text("version")
    if version and version == live:
        return "good", "live"
    told = drop.text("state")
    if told == "ready" and drop.part("chosen"):  # what people chose is told of the default only
        told = "live"
    if told == "ready" and (drop.text("reason") == "superseded_by_newer" or _overtaken(drop, live)):
        return "", "passed over"
    if told == "ready":
        return "warn", "held" if drop.text("reason") == "held" else "waiting"
    if drop.part("collected"):
        return "", "collected"
    if told == "live":
        return "", "was live"
    return STATES.get(told, ("", "unknown"))


def _overtaken(drop: Facts, live: str) -> bool:
    """Whether it waited behind a pin or a freeze, and a newer one is live by now."""
    waited = drop.text("reason") in ("pinned", "frozen")
    return waited and (drop_of_version(live) or "") > (drop_of_version(drop.text("version")) or "")


def why_live(live: Facts) -> str:
    """Why the live version is the one."""
    if live.text("pinned_by"):
        at, days = live.text("pinned_at"), live.number("pinned_days")
        since = f" since {moment(at)}" if at else ""
        age = f", for {count(days, 'day')}" if days else ""
        return f"pinned by {live.text('pinned_by')}{since}{age}: newer versions wait"
    if live.text("frozen_by"):
        return f"promotions are frozen by {live.text('frozen_by')}: newer versions wait"
    return "the newest version that may be"


def is_old_pin(live: Facts) -> bool:
    """Whether the pin is so old that somebody may have forgotten it."""
    return live.flag("pin_is_old") is True
