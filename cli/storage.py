"""The object store as the verbs need it: GCS's JSON API, streamed, without its client library."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from cli.client import Refused, Service

CHUNK = 1 << 20
KEPT = ("contentType", "contentEncoding", "contentLanguage", "contentDisposition", "cacheControl")
"""What a copy must be told again: whatever goes with metadata replaces all of it."""
_BOUNDARY = "dropserve-drop-5f1c0a7e"


def upload(
    store: Service,
    bucket: str,
    name: str,
    path: Path,
    metadata: Mapping[str, str],
    kind: str = "text/csv",
) -> dict[str, Any]:
    """Upload a file in one multipart request of constant memory; the object's resource."""
    resource = {"name": name, "contentType": kind, "metadata": dict(metadata)}
    head = (
        f"--{_BOUNDARY}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
        f"{json.dumps(resource)}\r\n--{_BOUNDARY}\r\nContent-Type: {kind}\r\n\r\n"
    ).encode()
    end = f"\r\n--{_BOUNDARY}--\r\n".encode()
    size = path.stat().st_size
    content, _ = store.call(
        "POST",
        f"/upload/storage/v1/b/{quote(bucket)}/o?uploadType=multipart",
        _parts(head, path, size, end),
        {
            "Content-Type": f"multipart/related; boundary={_BOUNDARY}",
            "Content-Length": str(len(head) + size + len(end)),
        },
    )
    answer: dict[str, Any] = json.loads(content)
    return answer


def _parts(head: bytes, path: Path, size: int, end: bytes) -> Iterator[bytes]:
    yield head
    with path.open("rb") as file:
        while chunk := file.read(min(CHUNK, size)):
            yield chunk
            size -= len(chunk)
    yield end


def names(store: Service, bucket: str, prefix: str) -> list[str]:
    """Names of the live objects below a prefix, in order."""
    found: list[str] = []
    page = ""
    while True:
        query = {"prefix": prefix, "fields": "items(name),nextPageToken", "pageToken": page}
        asked = urlencode({key: value for key, value in query.items() if value})
        answer = store.call_json("GET", f"/storage/v1/b/{quote(bucket)}/o?{asked}")
        found += [item["name"] for item in answer.get("items", [])]
        page = answer.get("nextPageToken", "")
        if not page:
            return found


def read(store: Service, bucket: str, name: str) -> bytes | None:
    """An object's content, or None where there is none."""
    try:
        return store.call("GET", f"{_object(bucket, name)}?alt=media")[0]
    except Refused as refused:
        if refused.status == 404:
            return None
        raise


def download(store: Service, bucket: str, name: str, path: Path) -> None:
    """Write an object's content to a file, in constant memory."""
    aside = path.with_name(f"{path.name}.part")
    with aside.open("wb") as file:
        store.fetch(f"{_object(bucket, name)}?alt=media", file)
    aside.replace(path)


def resource(store: Service, bucket: str, name: str) -> dict[str, Any] | None:
    """An object's metadata, or None where there is none."""
    try:
        found: dict[str, Any] = store.call_json("GET", _object(bucket, name))
        return found
    except Refused as refused:
        if refused.status == 404:
            return None
        raise


def copy_onto_itself(
    store: Service, found: Mapping[str, Any], metadata: Mapping[str, str]
) -> dict[str, Any]:
    """A new generation of the same bytes with other metadata; its resource.

    found: the object's resource. Raises Refused (412) where it is no longer live.
    """
    generation, name = found["generation"], quote(found["name"], safe="")
    query = {"sourceGeneration": generation, "ifGenerationMatch": generation}
    target = f"{_object(found['bucket'], found['name'])}/rewriteTo/b/{found['bucket']}/o/{name}"
    wanted = {key: found[key] for key in KEPT if key in found} | {"metadata": dict(metadata)}
    while True:
        answer = store.call_json("POST", f"{target}?{urlencode(query)}", wanted)
        if answer["done"]:
            made: dict[str, Any] = answer["resource"]
            return made
        query["rewriteToken"] = answer["rewriteToken"]


def _object(bucket: str, name: str) -> str:
    return f"/storage/v1/b/{quote(bucket)}/o/{quote(name, safe='')}"


def exists(path: Path) -> bool:
    """Whether a file is there and can be read."""
    return path.is_file() and os.access(path, os.R_OK)
