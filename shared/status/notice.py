"""What a webhook and an alert are told of one fact of the ledger. No row of the data is in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from shared.core import artifact, ledger
from shared.core.artifact import FORMAT
from shared.core.default import HELD
from shared.core.ledger import Entry
from shared.core.source import Source

LIVE, REFUSED, HELD_BACK, ROLLED_BACK = "live", "refused", "held", "rolled_back"
TOLD = frozenset({"refused", "exhausted", "failed", "ready", "pinned", "promoted", "live"})
"""Steps of which some are told."""
MOST_FINDINGS = 3
MESSAGE_LENGTH = 300
_SECOND = len("vYYYYMMDD_HHMMSS")

_WORDS = {
    LIVE: "is live",
    REFUSED: "was refused",
    HELD_BACK: "is held: a person decides",
    ROLLED_BACK: "is live again: rolled back",
}
_SEVERITY = {LIVE: "NOTICE", REFUSED: "WARNING", HELD_BACK: "WARNING", ROLLED_BACK: "WARNING"}


def kind(entry: Entry) -> str:
    """LIVE, REFUSED, HELD_BACK or ROLLED_BACK; "" for a fact that nobody is told of."""
    if entry.step in ("refused", "exhausted", "failed"):
        return REFUSED
    if entry.step == "ready":
        return HELD_BACK if entry.facts.get("reason") == HELD else ""
    if entry.step in ("pinned", "promoted"):
        replaced = str(entry.facts.get("replaced", ""))
        return "" if not replaced else ROLLED_BACK if _goes_back(entry, replaced) else LIVE
    return LIVE if entry.step == "live" else ""


def may_tell(fact: str) -> bool:
    """Whether a fact of this name can be one that people are told of."""
    return fact.partition("_")[2].partition("_")[0] in TOLD


def _goes_back(entry: Entry, replaced: str) -> bool:
    """Whether the version that was replaced is newer. Of two versions of one second nobody pins
    the newer over the older: it would be the default by itself."""
    newer, own = replaced[:_SECOND], f"v{entry.drop}"[:_SECOND]
    return newer > own or (newer == own and entry.step == "pinned")


def fact(entry: Entry) -> str:
    """The name of the entry's file, without its ending: what a notice is remembered by."""
    return entry.name.rpartition("/")[2].removesuffix(".json")


def notice(entry: Entry, story: Iterable[Entry], link: str) -> dict[str, Any]:
    """What is told. story: all of the drop's entries; link: the model's status page.

    `id` is the same however often it comes.
    """
    folded, what = ledger.fold(story), kind(entry)
    source = Source.from_dict(folded["source"]) if "source" in folded else None
    version = folded.get("version") or entry.facts.get("version")
    found = [_finding(one) for one in folded.get("findings", [])[:MOST_FINDINGS]]
    reason = _cut(str(entry.facts.get("reason") or "")) if what != LIVE else ""
    subject = version or (source.name if source else entry.drop)
    told = {
        "format": FORMAT,
        "id": f"{entry.model}/{entry.drop}/{fact(entry)}",
        "kind": what,
        "model": entry.model,
        "drop": entry.drop,
        "version": version,
        "file": source.uri if source else None,
        "at": entry.at,
        "by": entry.facts.get("by"),
        "replaced": entry.facts.get("replaced"),
        "reason": reason,
        "findings": found,
        "link": link,
        "text": _cut(f"{entry.model}: {subject} {_WORDS[what]}. {_because(reason, found)}").strip(),
    }
    return {key: value for key, value in told.items() if value not in (None, "", [])}


def to_json(told: dict[str, Any]) -> bytes:
    """The body of the webhook's request; equal notices give equal bytes."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def as_log(told: dict[str, Any], sent: str) -> dict[str, Any]:
    """The arguments of the log line that alerts match. One that comes again carries the same
    insertId and time, by which Cloud Logging drops it. sent: what became of the webhook."""
    names = ("model", "drop", "version", "file", "link", "by")
    facts: dict[str, Any] = {name: told[name] for name in names if name in told}
    findings = [{k: one[k] for k in one if k != "message"} for one in told.get("findings", [])]
    return {
        "message": f"{told['model']}: {told['kind']}",
        "severity": _SEVERITY[told["kind"]],
        "notice": told["kind"],
        **facts,
        **({"findings": findings} if findings else {}),
        **({"webhook": sent} if sent else {}),
        "time": told["at"],
        "logging.googleapis.com/insertId": told["id"].replace("/", "-"),
    }


def page(base: str, bucket: str, model: str) -> str:
    """Where a browser finds the model's status page."""
    return f"{base}/{bucket}/{artifact.status_name(model)}"


def _finding(found: dict[str, Any]) -> dict[str, Any]:
    return {key: _cut(value) for key, value in found.items()}


def _because(reason: str, found: list[dict[str, Any]]) -> str:
    if reason:
        return reason
    return f"{found[0]['code']}: {found[0].get('message', '')}" if found else ""


def _cut(value: Any) -> Any:
    long = isinstance(value, str) and len(value) > MESSAGE_LENGTH
    return f"{value[: MESSAGE_LENGTH - 1]}…" if long else value
