"""The ledger: a drop's story as immutable entries, and the fold that reads it.

`ledger/<model>/<drop>/<nn>_<step>.json`, each created once. The number orders the story; writing
an entry that exists is success, so that redelivery tells nothing twice. A step that is told several
times (the progress of a long training) has a part behind its name: `20_training_1_02.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from shared.core import artifact
from shared.core.default import Default
from shared.core.errors import ObjectNotFound
from shared.core.ports import ObjectStore

STEPS = {
    "received": 10,
    "training": 20,
    "trained": 30,
    "refused": 30,
    "superseded": 30,
    "exhausted": 30,
    "created": 40,
    "failed": 50,
    "live": 60,
    "ready": 60,
    "pinned": 70,
    "unpinned": 70,
    "promoted": 70,
    "frozen": 70,
    "unfrozen": 70,
    "collected": 80,
    "forgotten": 90,
}
"""Every step and its number. 30 ends the training, 50 and 60 the release; 70 a person chose; 80 the
version was deleted for being old; 90 the drop was forgotten, and nothing else stands beside it."""

CHOICES = frozenset(step for step, number in STEPS.items() if number == 70)
"""What people did with the version."""

AFTERWARDS = frozenset(step for step, number in STEPS.items() if number in (70, 80))
"""What became of the version afterwards; a drop's end stays its end."""

SETTLED = frozenset({"refused", "superseded", "exhausted", "failed", "live", "ready", "forgotten"})
"""Steps after which a drop asks for nothing more."""

FORGOTTEN = "forgotten"
TRAINING_ENDED = ("trained", "refused", "superseded", "exhausted", FORGOTTEN)
RELEASE_ENDED = ("live", "ready", "failed", FORGOTTEN)


@dataclass(frozen=True)
class Entry:
    """One fact about a drop. `at` is when it was written (RFC 3339, UTC); `facts` is JSON."""

    model: str
    drop: str
    step: str
    at: str
    facts: dict[str, Any]
    part: str = ""

    @property
    def name(self) -> str:
        """Object name in STATE."""
        return entry_name(self.model, self.drop, self.step, self.part)

    @property
    def order(self) -> tuple[int, str, str]:
        """Sort key: the story's order."""
        if self.step in AFTERWARDS:
            return (STEPS[self.step], self.at, self.part)
        return (STEPS[self.step], self.step, self.part)

    def to_json(self) -> bytes:
        """The stored object."""
        body = {"format": artifact.FORMAT, "step": self.step, "at": self.at, **self.facts}
        return json.dumps(body, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, name: str, data: bytes) -> Entry:
        """Reverse of `to_json`, from the object's name and content. Raises NewerFormat."""
        body = artifact.without_format(json.loads(data), name)
        _, model, drop, file = name.split("/")
        step = body.pop("step")
        part = file.removesuffix(".json").partition(step)[2].removeprefix("_")
        return cls(model, drop, step, body.pop("at"), body, part)


def entry_name(model: str, drop: str, step: str, part: str = "") -> str:
    """`ledger/<model>/<drop>/<nn>_<step>.json`, or `<nn>_<step>_<part>.json`."""
    behind = f"_{part}" if part else ""
    return f"{artifact.ledger_prefix(model, drop)}{STEPS[step]:02d}_{step}{behind}.json"


def fold(entries: Iterable[Entry], default: Default | None = None) -> dict[str, Any]:
    """The story so far as one JSON object, whose shape docs/42-formats.md describes.

    default: the model's desired default, which says under `live` who is live and why.
    """
    story = sorted(entries, key=lambda entry: entry.order)
    folded: dict[str, Any] = {"format": artifact.FORMAT, "state": "unknown", "settled": False}
    own = [entry for entry in story if entry.step not in AFTERWARDS]
    for entry in own:
        folded |= entry.facts
    if own:
        last = own[-1]
        folded |= {
            "model": last.model,
            "drop": last.drop,
            "state": last.step,
            "settled": last.step in SETTLED,
        }
    folded["times"] = {}
    for entry in story:
        folded["times"].setdefault(entry.step, entry.at)
    folded["chosen"] = _last(story, CHOICES)
    folded["collected"] = _last(story, {"collected"})
    folded["steps"] = [_told(entry) for entry in story]
    if default is not None:
        is_this = default.version == folded.get("version")
        folded["live"] = {**default.told(), "is_this": is_this}
    return folded


def _last(story: list[Entry], steps: Set[str]) -> dict[str, Any] | None:
    return next((_told(entry) for entry in reversed(story) if entry.step in steps), None)


def _told(entry: Entry) -> dict[str, Any]:
    return {"step": entry.step, "at": entry.at, **entry.facts}


def facts_of(store: ObjectStore, bucket: str, name: str) -> dict[str, Any]:
    """What the entry of that name tells; {} where there is none (any more)."""
    try:
        data, _ = store.read(bucket, name)
    except ObjectNotFound:
        return {}
    return Entry.from_json(name, data).facts
