"""What an upload must pass: name, rights, preconditions at the start, checksums at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.datastructures import Headers

from localcloud.storage.access import Caller
from localcloud.storage.body import Body
from localcloud.storage.call import Call
from localcloud.storage.error import invalid
from localcloud.storage.resource import check_object_name
from shared.core.roles import CREATE, DELETE


def admit(call: Call, name: object) -> None:
    """Refuse early what `put` would refuse late. Raises ApiError: 400, 403, 404, 412."""
    if not isinstance(name, str):
        raise invalid("Invalid object name.")
    check_object_name(name)
    call.caller.require(CREATE, call.bucket, name)
    live = call.storage.find(call.bucket, name)
    call.preconditions.check_write(*((live.generation, live.metageneration) if live else (0, 0)))
    if live is not None:
        overwriting(call.caller, call.bucket, name)()


def overwriting(caller: Caller, bucket: str, name: str) -> Callable[[], None]:
    """What `put` asks before it replaces a live object."""
    return lambda: caller.require(DELETE, bucket, name)


def verify(body: Body, fields: Mapping[str, Any], headers: Headers) -> None:
    """Hold the bytes against the checksums of the metadata and of x-goog-hash. ApiError (400)."""
    body.verify(fields.get("md5Hash"), fields.get("crc32c"))
    given = dict(part.strip().partition("=")[::2] for part in header_parts(headers))
    body.verify(given.get("md5"), given.get("crc32c"))


def header_parts(headers: Headers) -> list[str]:
    """`x-goog-hash: crc32c=...,md5=...`, which may come as one line or several."""
    return [part for line in headers.getlist("x-goog-hash") for part in line.split(",")]
