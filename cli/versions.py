"""List a model's versions, the newest first; `*` marks the default."""

from __future__ import annotations

import argparse
import json
from typing import Any
from urllib.parse import quote, urlencode

from cli.client import Refused, call_json
from cli.failure import Failure
from cli.place import running_cloud, state_argument
from localcloud.configuration import Configuration
from shared.core.artifact import nearest


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
    for version in sorted(found, key=lambda one: str(one.get("createTime")), reverse=True):
        print(line(version))
    return 0


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


def line(version: dict[str, Any]) -> str:
    """One version for people."""
    mark = "*" if version.get("isDefault") else " "
    words = f"{mark} {short(version):<28} {version.get('state', ''):<9}"
    return f"{words} {version.get('createTime', '')}  {version.get('deploymentUri', '')}".rstrip()
