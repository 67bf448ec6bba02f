"""Requests held to Google's own discovery documents, which google-api-python-client ships.

`Discovery.faults` says what is wrong with one request: no such method or path, an unknown or
ill-typed query parameter, a body that the schema does not allow. `Held` stands before an ASGI
application and collects the faults of every request that passes.
"""

from __future__ import annotations

import base64
import binascii
import email.parser
import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import googleapiclient.discovery_cache

_DOCUMENTS = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
_RAW = "GoogleApi__HttpBody"
_RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}


@dataclass(frozen=True)
class Request:
    """What went over the wire. target: path and query as they were sent."""

    method: str
    target: str
    body: bytes = b""
    content_type: str = ""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)


@dataclass(frozen=True)
class _Route:
    """One way to reach a method. kind: "json", "upload" or "download"."""

    pattern: re.Pattern[str]
    method: dict[str, Any]
    kind: str


class Discovery:
    """One API by its discovery document."""

    def __init__(self, name: str, version: str) -> None:
        path = _DOCUMENTS / f"{name}.{version}.json"
        self.document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.routes = list(self._routes(self.document))

    def faults(self, request: Request) -> list[str]:
        """What is wrong with the request; the shortest list where several methods match.

        The address of an upload session is the service's own and no method of the document.
        """
        if request.method == "PUT" and "upload_id" in dict(request.query):
            return []
        found = [
            self._faults_of(route, request)
            for route in self.routes
            if route.method["httpMethod"] == request.method
            and route.pattern.fullmatch(request.path)
        ]
        place = f"{request.method} {request.target}"
        if not found:
            return [f"{place}: no method of {self.document['id']} has this path"]
        return [f"{place}: {fault}" for fault in min(found, key=len)]

    def _routes(self, resource: dict[str, Any]) -> Iterator[_Route]:
        for method in resource.get("methods", {}).values():
            base = "/" + self.document["servicePath"]
            yield _Route(_pattern(base + method["path"], method), method, "json")
            if method.get("supportsMediaDownload"):
                prefix = "/download" if method.get("useMediaDownloadService") else ""
                yield _Route(_pattern(prefix + base + method["path"], method), method, "download")
            for protocol in method.get("mediaUpload", {}).get("protocols", {}).values():
                yield _Route(_pattern(protocol["path"], method), method, "upload")
        for child in resource.get("resources", {}).values():
            yield from self._routes(child)

    def _faults_of(self, route: _Route, request: Request) -> list[str]:
        return [
            *self._query_faults(route, request.query),
            *self._body_faults(route, request),
        ]

    def _query_faults(self, route: _Route, query: list[tuple[str, str]]) -> Iterator[str]:
        of_method = {
            name: parameter
            for name, parameter in route.method.get("parameters", {}).items()
            if parameter["location"] == "query"
        }
        known = {**self.document["parameters"], **of_method}
        for name, value in query:
            if name not in known:
                yield f"unknown query parameter {name}"
            else:
                yield from self._text_faults(known[name], value, name)
        for name, parameter in of_method.items():
            if parameter.get("required") and name not in dict(query):
                yield f"query parameter {name} is required"

    def _text_faults(self, schema: dict[str, Any], text: str, place: str) -> Iterator[str]:
        """A query parameter: all values are text, so numbers and booleans are read first."""
        try:
            value: Any = json.loads(text) if schema["type"] != "string" else text
        except ValueError:
            value = text
        yield from self.value_faults(schema, value, place)

    def _body_faults(self, route: _Route, request: Request) -> Iterator[str]:
        reference = route.method.get("request", {}).get("$ref")
        if route.kind == "upload":
            yield from self._upload_faults(reference, request)
        elif reference is None:
            if request.body:
                yield "this method takes no body"
        elif self._is_raw(reference):
            yield from _json_faults(request.body)
        else:
            yield from self._json_body_faults(reference, request.body, request.content_type)

    def _upload_faults(self, reference: str, request: Request) -> Iterator[str]:
        kind = dict(request.query).get("uploadType")
        if kind == "multipart":
            head = f"Content-Type: {request.content_type}\r\n\r\n".encode()
            message = email.parser.BytesParser().parsebytes(head + request.body)
            parts = message.get_payload()
            if not isinstance(parts, list) or len(parts) != 2:
                yield "a multipart upload has two parts"
                return
            about: Any = parts[0]
            data = about.get_payload(decode=True)
            yield from self._json_body_faults(reference, data, about.get_content_type())
        elif kind == "resumable":
            if request.method == "POST":
                yield from self._json_body_faults(reference, request.body, request.content_type)
        elif kind != "media":
            yield f"uploadType={kind}"

    def _is_raw(self, reference: str) -> bool:
        properties = self.document["schemas"][reference].get("properties", {})
        return any(schema.get("$ref") == _RAW for schema in properties.values())

    def _json_body_faults(self, reference: str, body: bytes, content_type: str) -> Iterator[str]:
        if not content_type.startswith("application/json"):
            yield f"content type {content_type!r}"
        try:
            value = json.loads(body)
        except ValueError as error:
            yield f"the body is no JSON: {error}"
            return
        yield from self.value_faults({"$ref": reference}, value, "body")

    def value_faults(self, schema: dict[str, Any], value: Any, place: str) -> Iterator[str]:
        """What keeps `value` from being one of `schema`."""
        schema = self.document["schemas"][schema["$ref"]] if "$ref" in schema else schema
        kind = schema.get("type", "any")
        if kind == "any":
            return
        if not _is_kind(kind, schema.get("format", ""), value):
            yield f"{place}: {value!r} is no {kind} {schema.get('format', '')}".rstrip()
        elif kind == "object":
            yield from self._object_faults(schema, value, place)
        elif kind == "array":
            for index, item in enumerate(value):
                yield from self.value_faults(schema["items"], item, f"{place}[{index}]")
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{place}: {value!r} is none of {schema['enum']}"
        elif "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{place}: {value!r} does not match {schema['pattern']}"

    def _object_faults(
        self, schema: dict[str, Any], value: dict[str, Any], place: str
    ) -> Iterator[str]:
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties")
        for name, item in value.items():
            inner = properties.get(name, others)
            if inner is None:
                yield f"{place}: unknown field {name}"
            elif _says(inner, "Output only") or inner.get("readOnly"):
                yield f"{place}: {name} is read-only"
            else:
                yield from self.value_faults(inner, item, f"{place}.{name}")
        for name, inner in properties.items():
            if _says(inner, "Required.") and name not in value:
                yield f"{place}: {name} is required"


@functools.cache
def discovery(name: str, version: str) -> Discovery:
    """Each document is read once: that of aiplatform takes half a second."""
    return Discovery(name, version)


@dataclass
class Held:
    """An ASGI application whose requests are checked on their way in."""

    application: Any
    discovery: Discovery
    faults: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        body = await _whole(receive)
        headers = dict(scope["headers"])
        target = scope["raw_path"].decode("ascii")
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("ascii")
        content_type = headers.get(b"content-type", b"").decode("latin-1")
        request = Request(scope["method"], target, body, content_type)
        self.requests.append(request)
        self.faults += self.discovery.faults(request)
        await self.application(scope, _again(body, receive), send)


async def _whole(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _again(body: bytes, receive: Any) -> Any:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Any:
        return messages.pop() if messages else await receive()

    return replay


def _pattern(path: str, method: dict[str, Any]) -> re.Pattern[str]:
    """A method's path as a regular expression. `{+x}` may hold slashes, `{x}` may not."""
    text = ""
    for literal, plus, name in re.findall(r"([^{]*)(?:\{(\+?)([^}]*)\})?", path):
        text += re.escape(literal)
        if name:
            given = method["parameters"][name].get("pattern", "")
            text += given.strip("^$") or (".+" if plus else "[^/]+")
    return re.compile(text)


def _says(schema: dict[str, Any], word: str) -> bool:
    return str(schema.get("description", "")).strip().startswith(word)


def _json_faults(body: bytes) -> Iterator[str]:
    try:
        value = json.loads(body)
    except ValueError as error:
        yield f"the body is no JSON: {error}"
        return
    if not isinstance(value, dict) or not isinstance(value.get("instances"), list):
        yield "the body has no list of instances"


def _is_kind(kind: str, format_: str, value: Any) -> bool:
    if kind == "string":
        return isinstance(value, str) and _is_format(format_, value)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return type(value) is int and _in_range(format_ or "int64", value)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, {"object": dict, "array": list}[kind])


def _is_format(format_: str, text: str) -> bool:
    try:
        if format_ in _RANGES:
            return _in_range(format_, int(text))
        if format_ == "byte":
            base64.b64decode(text, validate=True)
        if format_ in ("date-time", "google-datetime"):
            return datetime.fromisoformat(text).tzinfo is not None
    except (ValueError, binascii.Error):
        return False
    return True


def _in_range(format_: str, number: int) -> bool:
    low, high = _RANGES[format_]
    return low <= number <= high
