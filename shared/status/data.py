"""A model's status as JSON: the newest stories, who is live and why, and what was ignored.

Its shape is written down in docs/42-formats.md. Everything in it is bounded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.core.artifact import FORMAT
from shared.core.default import Default, pin_days

MOST_DROPS = 100
MOST_IGNORED = 20
MOST_FINDINGS = 10
MESSAGE_LENGTH = 800

_KEPT = (
    "model",
    "drop",
    "state",
    "settled",
    "version",
    "source",
    "size",
    "directory",
    "card",
    "estimator",
    "code",
    "reason",
    "held",
    "default",
    "replaced",
    "attempts",
    "counts",
    "times",
    "chosen",
    "collected",
)
_STEP = ("step", "at", "by", "reason", "place", "stage", "attempt", "replaced", "execution")

Json = dict[str, Any]


def summary(story: Mapping[str, Any], entries: Iterable[str]) -> Json:
    """A folded story without what is long. entries: the names of its entries' files."""
    kept = {key: _cut(story[key]) for key in _KEPT if story.get(key) not in (None, "", [], {})}
    decision = story.get("decision") or {}
    return {
        **kept,
        "metrics": _figures(story.get("metrics") or {}),
        "decision": {k: _cut(decision[k]) for k in ("code", "accepted", "reason") if k in decision},
        "findings": [_cut(one) for one in story.get("findings") or []][:MOST_FINDINGS],
        "warnings": _warnings(story.get("warnings") or []),
        "steps": [
            {key: _cut(step[key]) for key in _STEP if key in step} for step in story["steps"]
        ],
        "entries": sorted(entries),
    }


def status(
    model: str,
    drops: list[Json],
    total: int,
    live: Json | None,
    ignored: Iterable[Json],
) -> Json:
    """A model's status; drops: summaries in any order, total: how many there are in the ledger;
    live: from `live`."""
    newest = sorted(drops, key=_order, reverse=True)
    return {
        "format": FORMAT,
        "model": model,
        "live": live,
        "drops": newest,
        "total": total,
        "ignored": missed(ignored, newest),
    }


def missed(ignored: Iterable[Json], drops: Iterable[Json] = ()) -> list[Json]:
    """The newest near misses, each name once; one whose name was taken later is none any more."""
    taken = {d["source"]["name"]: d["source"]["time_created"] for d in drops if "source" in d}
    by_name: dict[str, Json] = {}
    for one in sorted(ignored, key=lambda one: str(one["at"])):
        by_name[one["name"]] = one
    left = [one for one in by_name.values() if taken.get(one["name"], "") < one["at"]]
    return sorted(left, key=lambda one: (one["at"], one["name"]), reverse=True)[:MOST_IGNORED]


def to_json(value: Json) -> bytes:
    """The stored bytes; equal statuses give equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode()


def head(value: Json) -> dict[str, str]:
    """What the page of all models shows of one, as the metadata of its status object."""
    drops, live = value["drops"], value["live"] or {}
    last = drops[0] if drops else {}
    told = {
        "live": live.get("version", ""),
        "why": live.get("why", ""),
        "last": last.get("state", ""),
        "last-at": max(last.get("times", {}).values(), default=""),
        "drops": str(value["total"]),
        "ignored": str(len(value["ignored"])),
    }
    return {f"dropserve-{key}": text for key, text in told.items() if text}


def live(default: Default, now: datetime, old: int) -> Json:
    """Who is live and why. old: from how many days on a pin is warned of."""
    days = pin_days(default, now)
    age = {"pinned_days": days, "pin_is_old": days >= old} if default.pinned_at else {}
    return {**default.told(), **age}


def _order(drop: Json) -> tuple[str, str, int, str]:
    source = drop.get("source") or {}
    second = str(drop.get("drop", ""))[: len("YYYYMMDD_HHMMSS")]
    at, generation = str(source.get("time_created", "")), int(source.get("generation") or 0)
    return (second, at, generation, str(source.get("name", "")))


def _figures(metrics: Mapping[str, Any]) -> Json:
    return {
        key: value
        for key, value in metrics.items()
        if isinstance(value, int | float | str) and not isinstance(value, bool)
    }


def _warnings(found: list[Json]) -> list[Json]:
    """Drift first, since it is what a person looks for."""
    return [_cut(w) for w in sorted(found, key=lambda w: w.get("code") != "drift")][:MOST_FINDINGS]


def _cut(value: Any) -> Any:
    """The same with every text cut."""
    if isinstance(value, str):
        return value if len(value) <= MESSAGE_LENGTH else f"{value[: MESSAGE_LENGTH - 1]}…"
    if isinstance(value, dict):
        return {key: _cut(one) for key, one in value.items()}
    return [_cut(one) for one in value[:MOST_FINDINGS]] if isinstance(value, list) else value
