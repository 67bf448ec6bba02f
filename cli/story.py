"""Follows a drop through the ledger, and says it in words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from cli import storage
from cli.target import Target
from shared.core.artifact import ledger_prefix
from shared.core.errors import Finding
from shared.core.ledger import SETTLED, Entry

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.25


class StillRunning(Exception):
    """The time that was given is over and the drop has not settled."""


def follow(target: Target, model: str, drop: str, timeout: float) -> Iterator[Entry]:
    """Yield each ledger entry of the drop as it appears, the one that settles it last.

    timeout: seconds; StillRunning after that. The ledger is asked every 20 ms at first, since a
    small CSV is live in half a second, later every quarter of a second.
    """
    deadline = time.monotonic() + timeout
    pause, seen = FIRST_PAUSE, set[str]()
    bucket, prefix = target.settings.state_bucket, ledger_prefix(model, drop)
    while True:
        for name in storage.names(target.storage, bucket, prefix):
            if name in seen:
                continue
            content = storage.read(target.storage, bucket, name)
            if content is None:
                continue
            seen.add(name)
            entry = Entry.from_json(name, content)
            yield entry
            if entry.step in SETTLED:
                return
        if time.monotonic() > deadline:
            raise StillRunning
        time.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 1.02)


WORDS = {
    "received": "received by retrain",
    "training": "training",
    "trained": "trained",
    "refused": "refused",
    "superseded": "superseded by a newer upload of the same file",
    "exhausted": "given up after too many attempts",
    "created": "version created",
    "failed": "failed",
    "live": "live",
    "ready": "ready, and not the default",
    "pinned": "pinned",
    "unpinned": "released from its pin",
    "promoted": "made the default",
    "frozen": "frozen as the default",
    "unfrozen": "no longer frozen as the default",
    "collected": "deleted, because it was old",
    "forgotten": "forgotten",
}


def sentence(entry: Entry) -> str:
    """One entry as a line of progress."""
    if entry.step in _SAID:
        return _SAID[entry.step](entry.facts)
    version = entry.facts.get("version")
    shown = f": {version}" if version and entry.step in ("created", "live", "ready") else ""
    return f"{WORDS[entry.step]}{shown}"


def _training(facts: dict[str, Any]) -> str:
    if facts.get("execution"):
        return f"handed to a training job: {facts.get('reason', '')}"
    if facts.get("place") == "job":
        on = f" ({facts['rows']:,} rows)" if facts.get("rows") else ""
        with_ = f" {facts['estimator']}" if facts.get("estimator") else ""
        return f"training job, attempt {facts.get('attempt', 1)}: {facts.get('stage')}{with_}{on}"
    return f"training on {facts['rows']:,} rows" if facts.get("rows") else "training"


def _trained(facts: dict[str, Any]) -> str:
    """The estimator, and the decision with its figures in words."""
    rows = facts.get("metrics", {}).get("rows")
    words = ["trained", facts.get("estimator", ""), f"on {rows:,} rows" if rows else ""]
    reason = facts.get("decision", {}).get("reason", "")
    return " ".join(filter(None, words)) + (f". {reason}" if reason else "")


def _refused(facts: dict[str, Any]) -> str:
    codes = ", ".join(facts.get("counts", {}))
    return f"refused: {codes}" if codes else "refused"


_SAID = {"training": _training, "trained": _trained, "refused": _refused}
MOST_WARNINGS = 8


def warnings(entry: Entry) -> list[str]:
    """What was odd about a CSV that was trained on, a line each."""
    told = entry.facts.get("warnings", []) if entry.step == "trained" else []
    lines = [f"warning: {finding(fact)}" for fact in told[:MOST_WARNINGS]]
    more = len(told) - MOST_WARNINGS
    return [*lines, f"and {more} more warnings in the report"] if more > 0 else lines


def finding(fact: dict[str, Any]) -> str:
    """A finding as the ledger has it, for people."""
    known = {key: fact[key] for key in ("code", "message", "line", "column") if key in fact}
    return str(Finding(**known))


def findings(facts: dict[str, Any]) -> list[str]:
    """What is wrong with the CSV, a line each, with line and column and what mends it."""
    lines = [finding(fact) for fact in facts.get("findings", [])]
    return lines or [str(facts[key]) for key in ("message", "reason", "error") if facts.get(key)]
