"""Objects made of objects: copy, rewrite, compose, move. Each is finalized like an upload."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from localcloud.storage.admission import admit, overwriting
from localcloud.storage.body import Body
from localcloud.storage.call import Call, answer
from localcloud.storage.error import invalid
from localcloud.storage.media import pieces
from localcloud.storage.object import look_up
from localcloud.storage.precondition import Preconditions, integer
from localcloud.storage.resource import Stored, with_links, writable
from shared.core.roles import CREATE, DELETE, GET

MOST_SOURCES = 32


async def copy(call: Call) -> Response:
    """POST .../copyTo/...: one call, the new object is the answer."""
    return call.show(await _copy(call))


async def rewrite(call: Call) -> Response:
    """POST .../rewriteTo/...: done in one step, whatever the size."""
    stored = await _copy(call)
    value = {
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": str(stored.size),
        "objectSize": str(stored.size),
        "done": True,
        "resource": with_links(stored.resource, call.host),
    }
    return answer(value, call.query.get("fields"))


async def move(call: Call) -> Response:
    """POST .../moveTo/...: a rename within a bucket, in one transaction."""
    place = call.place
    call.place = place | {"object": place["target"]}
    await call.read()
    admit(call, call.name)
    source = look_up(call, GET, call.bucket, place["source"])
    call.caller.require(DELETE, call.bucket, source.name)
    Preconditions.of(call.query, "ifSource").check_write(source.generation, source.metageneration)
    if source.name == call.name:
        raise invalid("Source and destination object names must be different.")
    stored = _put_copy(call, source, {}, lambda _: call.storage.drop(source))
    call.storage.path(source).unlink(missing_ok=True)
    return call.show(stored)


async def _copy(call: Call) -> Stored:
    place = call.place
    call.place = {"bucket": place["target_bucket"], "object": place["target"]}
    fields = await call.json()
    admit(call, call.name)
    source = look_up(
        call, GET, place["bucket"], place["source"], integer(call.query, "sourceGeneration")
    )
    Preconditions.of(call.query, "ifSource").check_write(source.generation, source.metageneration)
    return _put_copy(call, source, writable(fields))


def _put_copy(
    call: Call,
    source: Stored,
    fields: Mapping[str, Any],
    within: Callable[[Stored], None] = lambda _: None,
) -> Stored:
    given = dict(fields) or writable(source.resource)
    if "componentCount" in source.resource:
        given["componentCount"] = source.resource["componentCount"]
    with call.storage.new_body() as body:
        body.link(call.storage.path(source), source.resource)
        return _put(call, body, given, within)


def _put(
    call: Call,
    body: Body,
    fields: dict[str, Any],
    within: Callable[[Stored], None] = lambda _: None,
) -> Stored:
    return call.storage.put(
        call.bucket,
        call.name,
        body,
        fields,
        preconditions=call.preconditions,
        may_overwrite=overwriting(call.caller, call.bucket, call.name),
        within=within,
    )


async def compose(call: Call) -> Response:
    """POST .../compose: up to 32 objects of the bucket, one after the other."""
    request = await call.json()
    call.caller.require(CREATE, call.bucket, call.name)
    sources = [_component(call, one) for one in _sources(request)]
    fields = writable(request.get("destination") or {})
    fields["componentCount"] = sum(one.resource.get("componentCount", 1) for one in sources)
    admit(call, call.name)
    streams = [pieces(call.storage.path(one), 0, one.size) for one in sources]
    with call.storage.new_body() as body:
        for stream in streams:
            for piece in stream:
                body.write(piece)
                await asyncio.sleep(0)
        return call.show(_put(call, body, fields))


def _sources(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    sources = request.get("sourceObjects")
    if not isinstance(sources, list) or not sources:
        raise invalid("You must provide at least one source component.")
    if len(sources) > MOST_SOURCES:
        raise invalid(
            f"The number of source components provided ({len(sources)}) exceeds the maximum "
            f"({MOST_SOURCES})."
        )
    return sources


def _component(call: Call, one: Mapping[str, Any]) -> Stored:
    generation = integer({"g": str(one.get("generation") or "")}, "g")
    found = look_up(call, GET, call.bucket, str(one.get("name", "")), generation)
    given = {key: str(value) for key, value in (one.get("objectPreconditions") or {}).items()}
    Preconditions.of(given).check_write(found.generation, found.metageneration)
    return found
