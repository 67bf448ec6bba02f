"""Which objects are shown: status pages out of STATE, reports and cards out of MODELS."""

from __future__ import annotations

import re
from urllib.parse import quote

from cli.target import Target
from cli.view.page import POLICY
from shared.core.artifact import MODELS_PREFIX, STATUS_PREFIX, status_name

ROOT = "/_open/"
_REPORT = re.compile(rf"{MODELS_PREFIX}.+/(report|card)-[0-9a-f]+\.(html|json)")
HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def object_path(target: Target, bucket: str, name: str) -> str:
    """Where the store has an object that may be shown, "" for every other."""
    known = target.settings
    is_status = bucket == known.state_bucket and name.startswith(STATUS_PREFIX)
    is_report = bucket == known.models_bucket and _REPORT.fullmatch(name)
    if not (is_status or is_report):
        return ""
    return f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}?alt=media"


def status_path(target: Target) -> str:
    """Our path of the status page of all models. A bucket is a folder, as links in pages know."""
    return f"{ROOT}{quote(target.settings.state_bucket)}/{status_name()}"
