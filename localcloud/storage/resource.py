"""Objects and buckets in the JSON API's words: building a resource, and showing it to a caller."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from localcloud.storage.body import Body
from localcloud.storage.error import invalid
from shared.core import clock
from shared.core.clock import timestamp

PUBLIC = "https://www.googleapis.com"
"""The host in the links of events, which carry no caller's address."""

WRITABLE = (
    "contentType",
    "contentEncoding",
    "contentDisposition",
    "contentLanguage",
    "cacheControl",
    "metadata",
    "customTime",
    "eventBasedHold",
    "temporaryHold",
    "storageClass",
)
"""Fields of an object that a caller may set."""

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")


@dataclass(frozen=True)
class Stored:
    """One generation of an object. file: the random name of its bytes; resource: without links."""

    bucket: str
    name: str
    generation: int
    metageneration: int
    file: str
    resource: dict[str, Any]

    @property
    def size(self) -> int:
        """Bytes, as stored."""
        return int(self.resource["size"])


def now() -> str:
    """The time as Google writes it."""
    return timestamp(clock.now())


def check_object_name(name: str) -> None:
    """Raises ApiError (400) for what Google takes for no object name."""
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise invalid("Invalid object name: it is not UTF-8.") from None
    if not 1 <= length <= 1024 or name in (".", "..") or "\r" in name or "\n" in name:
        raise invalid(f"Invalid object name: {name[:80]!r}, {length} bytes.")


def check_bucket_name(name: object) -> str:
    """The name. Raises ApiError (400) for what Google takes for no bucket name."""
    if not isinstance(name, str) or not _BUCKET_NAME.fullmatch(name) or len(name) > 63:
        raise invalid(f"Invalid bucket name: {name!r}")
    return name


def etag(generation: int, metageneration: int) -> str:
    """Valid base64 (gcloud reads it as bytes), another one for each state of the object."""
    return base64.b64encode(f"{generation}/{metageneration}".encode()).decode()


def merge(resource: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Apply a patch: null removes, `metadata` key by key."""
    merged = dict(resource)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif key in ("metadata", "labels") and isinstance(value, dict):
            both = {**(merged.get(key) or {}), **value}
            merged[key] = {name: text for name, text in both.items() if text is not None}
            if not merged[key]:
                del merged[key]
        else:
            merged[key] = value
    return merged


def writable(fields: dict[str, Any]) -> dict[str, Any]:
    """Only what a caller may set. Raises ApiError (400) for metadata that is not text to text."""
    metadata = fields.get("metadata")
    if metadata is not None and not (
        isinstance(metadata, dict)
        and all(value is None or isinstance(value, str) for value in metadata.values())
    ):
        raise invalid("Invalid value for: metadata must map text to text.")
    return {key: fields[key] for key in WRITABLE if key in fields}


def new_object(
    bucket: str, name: str, generation: int, body: Body, fields: dict[str, Any]
) -> dict[str, Any]:
    """The resource of a new generation."""
    time = now()
    return {
        "storageClass": "STANDARD",
        "contentType": "application/octet-stream",
        **merge({}, writable(fields)),
        "kind": "storage#object",
        "id": f"{bucket}/{name}/{generation}",
        "name": name,
        "bucket": bucket,
        "generation": str(generation),
        "metageneration": "1",
        "size": str(body.size),
        **({"md5Hash": body.md5} if "componentCount" not in fields else {}),
        "crc32c": body.crc32c,
        "etag": etag(generation, 1),
        "timeCreated": time,
        "updated": time,
        "timeStorageClassUpdated": time,
        "timeFinalized": time,
        **({"componentCount": fields["componentCount"]} if "componentCount" in fields else {}),
    }


def with_links(resource: dict[str, Any], host: str) -> dict[str, Any]:
    """An object's resource as its caller sees it."""
    path = f"b/{resource['bucket']}/o/{quote(resource['name'], safe='')}"
    media = f"{host}/download/storage/v1/{path}?generation={resource['generation']}&alt=media"
    return {**resource, "selfLink": f"{host}/storage/v1/{path}", "mediaLink": media}


def event(resource: dict[str, Any]) -> str:
    """The finalize event's data (StorageObjectData), as JSON."""
    return orjson.dumps(with_links(resource, PUBLIC)).decode()


def new_bucket(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The resource of a new bucket."""
    time = now()
    return {
        "location": "US",
        "storageClass": "STANDARD",
        "iamConfiguration": {
            "bucketPolicyOnly": {"enabled": False},
            "uniformBucketLevelAccess": {"enabled": False},
            "publicAccessPrevention": "inherited",
        },
        **merge({}, fields),
        "kind": "storage#bucket",
        "id": name,
        "name": name,
        "projectNumber": "1",
        "locationType": "multi-region",
        "generation": "1",
        "metageneration": "1",
        "etag": etag(1, 1),
        "timeCreated": time,
        "updated": time,
    }
