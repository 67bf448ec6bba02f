"""List a model's versions, the newest first; `*` marks the default.

Behind a version stands who pinned or froze it, and why one that is ready waits.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cli import storage
from cli.client import Service
from cli.failure import Failure
from cli.person import aftermath, ports
from cli.target import Target, resolve, target_arguments
from shared.core import artifact, ledger
from shared.core.clock import now
from shared.core.default import HELD, SUPERSEDED_BY_NEWER, Default, pin_days
from shared.core.errors import ModelNotFound
from shared.core.ports import VersionInfo
from shared.core.source import Source
from shared.core.suggestion import suggestion

CHOSEN = ("70_promoted", "70_pinned")
"""After these a version waits no more."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `versions` takes."""
    target_arguments(parser)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--json", action="store_true", help="print them in ml v1's words")


def run(options: argparse.Namespace) -> int:
    """Ask the platform and print."""
    target = resolve(options)
    found = versions(target, options.model)
    if options.json:
        told = [resource(target.settings.google_cloud_project, one) for one in found]
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return 0
    notes = remarks(target, options.model)
    for version in sorted(found, key=lambda one: one.create_time, reverse=True):
        print(line(version, notes.get(version.version, "")))
    return 0


def remarks(target: Target, model: str) -> dict[str, str]:
    """Version -> what people should know of it besides its state."""
    store, bucket = target.storage, target.settings.state_bucket
    data = storage.read(store, bucket, artifact.default_name(model))
    default = Default.from_json(data) if data else None
    found = dict(waiting(store, bucket, model, default))
    if default is None:
        return found
    told = kept(default, now(), target.settings.pin_days)
    return {**found, default.version: told}


def waiting(
    store: Service, bucket: str, model: str, default: Default | None
) -> Iterator[tuple[str, str]]:
    """Each version that is ready and waits for a person, with the reason."""
    told = storage.names(store, bucket, artifact.ledger_prefix(model))
    for drop in dict.fromkeys(name.split("/")[2] for name in told):
        chosen = tuple(artifact.ledger_prefix(model, drop) + step for step in CHOSEN)
        if any(one.startswith(chosen) for one in told):
            continue
        steps = {
            step: facts(store, bucket, name)
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


def facts(store: Service, bucket: str, name: str) -> dict[str, Any]:
    """What an entry of the ledger tells, {} where it went in between."""
    data = storage.read(store, bucket, name)
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


def versions(target: Target, model: str) -> list[VersionInfo]:
    """Every version of a model. Raises Failure naming the nearest model."""
    with ports(target) as at:
        try:
            return at.platform.list_versions(model)
        except ModelNotFound:
            known = aftermath(at).models()
    raise Failure(f"there is no model {model!r}; {suggestion(model, known)}")


def resource(project: str, version: VersionInfo) -> dict[str, Any]:
    """A version in ml v1's words."""
    told = {
        "name": f"projects/{project}/models/{version.model}/versions/{version.version}",
        "isDefault": version.is_default,
        "deploymentUri": version.deployment_uri,
        "createTime": version.create_time,
        "state": version.state,
        "errorMessage": version.error_message,
    }
    return {key: value for key, value in told.items() if value}


def line(version: VersionInfo, remark: str = "") -> str:
    """One version for people."""
    mark = "*" if version.is_default else " "
    words = f"{mark} {version.version:<28} {version.state:<9}"
    place = f"{version.create_time}  {version.deployment_uri}"
    return f"{words} {place}{f'  ({remark})' if remark else ''}".rstrip()
