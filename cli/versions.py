"""List a model's versions, the newest first; `*` marks the default.

Behind a version stands who pinned or froze it, and why one that is ready waits.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from cli import storage
from cli.client import Refused, call_json
from cli.failure import Failure
from cli.place import running_cloud, state_argument
from localcloud.configuration import Configuration
from shared.core import artifact, ledger
from shared.core.artifact import nearest
from shared.core.default import HELD, SUPERSEDED_BY_NEWER, Default, pin_days
from shared.core.settings import Settings
from shared.core.source import Source

CHOSEN = ("70_promoted", "70_pinned")
"""After these a version waits no more."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `versions` takes."""
    state_argument(parser)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--json", action="store_true", help="print ml v1's resources")


def run(options: argparse.Namespace) -> int:
    """Ask ml v1 and print."""
    cloud = running_cloud(options.state)
    found = versions(cloud, options.model)
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return 0
    notes = remarks(cloud, options.model)
    for version in sorted(found, key=lambda one: str(one.get("createTime")), reverse=True):
        print(line(version, notes.get(short(version), "")))
    return 0


def remarks(cloud: Configuration, model: str) -> dict[str, str]:
    """Version -> what people should know of it besides its state."""
    base, bucket = cloud.url("googleapis"), cloud.buckets["state"]
    data = storage.read(base, bucket, artifact.default_name(model))
    default = Default.from_json(data) if data else None
    found = dict(waiting(base, bucket, model, default))
    if default is None:
        return found
    most = Settings.from_environment(cloud.settings()).pin_days
    return {**found, default.version: kept(default, datetime.now(UTC), most)}


def waiting(
    base: str, bucket: str, model: str, default: Default | None
) -> Iterator[tuple[str, str]]:
    """Each version that is ready and waits for a person, with the reason."""
    told = storage.names(base, bucket, artifact.ledger_prefix(model))
    for drop in dict.fromkeys(name.split("/")[2] for name in told):
        chosen = tuple(artifact.ledger_prefix(model, drop) + step for step in CHOSEN)
        if any(one.startswith(chosen) for one in told):
            continue
        steps = {
            step: facts(base, bucket, name)
            for step in ("created", "ready")
            if (name := ledger.entry_name(model, drop, step)) in told
        }
        if "ready" in steps and not is_passed(steps, default):
            ready = steps["ready"]
            words = [str(ready["reason"]), *(f"it {text}" for text in ready.get(HELD, []))]
            yield str(ready["version"]), "; ".join(words)


def is_passed(steps: dict[str, dict[str, Any]], default: Default | None) -> bool:
    """Whether a newer source is the default by now; what was held still waits for a person."""
    reason = steps["ready"]["reason"]
    if reason in (HELD, SUPERSEDED_BY_NEWER):
        return bool(reason == SUPERSEDED_BY_NEWER)
    if default is None or default.order is None or "created" not in steps:
        return False
    return bool(Source.from_dict(steps["created"]["source"]).order <= default.order)


def facts(base: str, bucket: str, name: str) -> dict[str, Any]:
    """What an entry of the ledger tells, {} where it went in between."""
    data = storage.read(base, bucket, name)
    return ledger.Entry.from_json(name, data).facts if data else {}


def kept(default: Default, now: datetime, most: int) -> str:
    """Who keeps newer versions from replacing the default, and whether that was long ago."""
    words = []
    if default.pinned_by:
        since = f" since {default.pinned_at}" if default.pinned_at else ""
        days = pin_days(default, now)
        old = f", {days} days: unpin it?" if days >= most else ""
        words.append(f"pinned by {default.pinned_by}{since}{old}")
    if default.frozen_by:
        words.append(f"frozen by {default.frozen_by}")
    return "; ".join(words)


def versions(cloud: Configuration, model: str) -> list[dict[str, Any]]:
    """Every version of a model as ml v1 gives it. Raises Failure naming the nearest model."""
    try:
        return list_all(cloud, f"models/{quote(model, safe='')}/versions", "versions")
    except Refused as refused:
        if refused.status != 404:
            raise
    known = [short(one) for one in list_all(cloud, "models", "models")]
    near = nearest(model, known)
    hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(known) or 'none yet'}"
    raise Failure(f"there is no model {model!r}; {hint}")


def list_all(cloud: Configuration, path: str, field: str) -> list[dict[str, Any]]:
    """All pages of a listing of ml v1."""
    found: list[dict[str, Any]] = []
    page = ""
    while True:
        query = urlencode({"pageSize": 100} | ({"pageToken": page} if page else {}))
        base = f"{cloud.url('serving')}/v1/projects/{cloud.project}"
        answer = call_json("GET", f"{base}/{path}?{query}")
        found += answer.get(field, [])
        page = answer.get("nextPageToken", "")
        if not page:
            return found


def short(resource: dict[str, Any]) -> str:
    """The last part of a resource's name."""
    return str(resource["name"]).rsplit("/", 1)[-1]


def line(version: dict[str, Any], remark: str = "") -> str:
    """One version for people."""
    mark = "*" if version.get("isDefault") else " "
    words = f"{mark} {short(version):<28} {version.get('state', ''):<9}"
    place = f"{version.get('createTime', '')}  {version.get('deploymentUri', '')}"
    return f"{words} {place}{f'  ({remark})' if remark else ''}".rstrip()
