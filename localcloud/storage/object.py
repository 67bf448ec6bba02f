"""Objects: metadata, bytes, patch, delete, list."""

from __future__ import annotations

from starlette.responses import Response

from localcloud.storage import media
from localcloud.storage.access import UPDATE
from localcloud.storage.call import Call, answer, empty
from localcloud.storage.error import forbidden, no_object
from localcloud.storage.listing import Query, find
from localcloud.storage.resource import Stored, with_links
from shared.core.roles import DELETE, GET, LIST


def look_up(
    call: Call, permission: str, bucket: str, name: str, generation: int | None = None
) -> Stored:
    """An object. Raises ApiError: 403, 404.

    What is not there is 404 only for a caller that may list it, else 403: the real store does not
    let absence be probed by those who cannot list.
    """
    call.caller.require(permission, bucket, name)
    found = call.storage.find(bucket, name)
    if found is None and not call.caller.may(LIST, bucket, name):
        raise forbidden(call.caller.email or "", permission, "object")
    if found is None or generation not in (None, found.generation):
        raise no_object(bucket, name)
    return found


def _here(call: Call, permission: str) -> Stored:
    return look_up(call, permission, call.bucket, call.name, call.generation)


async def get(call: Call) -> Response:
    """GET: the metadata, or with alt=media the bytes."""
    found = _here(call, GET)
    call.preconditions.check_read(found.generation, found.metageneration)
    if call.query.get("alt") == "media":
        return media.serve(found, call.storage.path(found), call.headers)
    return call.show(found)


async def download(call: Call) -> Response:
    """GET below /download: the bytes, whatever `alt` says."""
    call.query["alt"] = "media"
    return await get(call)


async def patch(call: Call) -> Response:
    """PATCH and PUT: metadata. A PUT replaces custom metadata, a PATCH merges it."""
    fields = await call.json()
    found = _here(call, UPDATE)
    if call.method == "PUT":
        gone = dict.fromkeys(found.resource.get("metadata", {}))
        fields["metadata"] = gone | (fields.get("metadata") or {})
    return call.show(call.storage.change(found, fields, call.preconditions))


async def delete(call: Call) -> Response:
    """DELETE."""
    call.storage.delete(_here(call, DELETE), call.preconditions)
    return empty()


async def list_objects(call: Call) -> Response:
    """GET .../o: a page of objects and prefixes."""
    query = Query.of(call.query)
    call.caller.require(LIST, call.bucket, query.prefix)
    call.storage.buckets.get(call.bucket)
    page = find(call.storage, call.bucket, query)
    value: dict[str, object] = {"kind": "storage#objects"}
    if page.token:
        value["nextPageToken"] = page.token
    if page.prefixes:
        value["prefixes"] = page.prefixes
    if page.items:
        value["items"] = [with_links(stored.resource, call.host) for stored in page.items]
    return answer(value, call.query.get("fields"))
