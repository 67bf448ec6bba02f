"""Addresses between pages: relative, since a browser sees a bucket as the first folder."""

from __future__ import annotations

from urllib.parse import quote

from shared.core.artifact import report_name, split_uri
from shared.core.page.facts import Facts


def report(drop: Facts) -> str:
    """From a status page to the report of a drop's version; "" where it has none."""
    directory, card = drop.text("directory"), drop.text("card")
    if not directory.startswith("gs://") or not card.startswith("card-"):
        return ""
    bucket, name = split_uri(directory)
    return f"../../{quote(bucket)}/{quote(name)}{quote(report_name(card))}"


def address(base: str, bucket: str, name: str) -> str:
    """Where a browser finds an object. base: of all buckets, such as storage.cloud.google.com."""
    return f"{base.rstrip('/')}/{quote(bucket)}/{quote(name)}"
