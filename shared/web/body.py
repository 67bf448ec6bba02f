"""The body of a predict request: read within a limit, parsed, its own faults found.

Parsed by orjson; what that refuses, or where its silence could hide a member given twice, is
parsed again by the standard library, which can tell where the fault is.
"""

from __future__ import annotations

import codecs
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson

from shared.core.errors import Fault, InstancesRejected
from shared.core.fault import kind_of, pointer
from shared.core.prediction import Parameters
from shared.core.suggestion import nearest
from shared.web import strict
from shared.web.refusal import Refusal

LIMIT = 1_572_864
"""Largest body in bytes: the 1.5 MB that AI Platform v1 took."""

DRAINED = 32 * 1024 * 1024
"""How much of a body that is too large is read and dropped, so that its sender, still sending, sees
the answer. Cloud Run passes no more on."""

JSON_LIKE = ("application/json", "text/plain", "application/octet-stream", "+json")
FORM = "application/x-www-form-urlencoded"  # what curl -d says unless told otherwise

DEFAULT = Parameters()
MEMBERS = ("instances", "parameters")
PARAMETERS = ("probabilities", "strict")
IGNORED = "signature_name"
"""What clients of AI Platform send beside instances; it never meant anything to scikit-learn."""

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The `instances` of a body, unchecked, and the faults of the body around and inside."""

    instances: Any
    faults: tuple[Fault, ...] = ()
    parameters: Parameters = DEFAULT


async def read(headers: Mapping[str, str], receive: Receive) -> bytes:
    """The whole body. Raises Refusal (413, 415)."""
    _check_kind(headers)
    declared = headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > DRAINED:
        raise _too_large(Connection="close")
    size, pieces = 0, []
    async for piece in _pieces(receive):
        size += len(piece)
        if size <= LIMIT:
            pieces.append(piece)
        elif size > DRAINED:
            raise _too_large(Connection="close")
    if size > LIMIT:
        raise _too_large()
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def parse(body: bytes) -> Parsed:
    """The instances in a body. Raises Refusal (not JSON), InstancesRejected (no instances)."""
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    if value is not None and _members(value) == body.count(b":"):
        return _parsed(value, [])
    value, doubled = strict.loads(body)
    return _parsed(value, doubled)


def _members(value: Any) -> int:
    """Members of the objects that may be here. Each has one colon in the body; a body with more
    has them in text, in deeper objects, or has a member twice: the closer look tells."""
    if type(value) is not dict:
        return 0
    instances = value.get("instances")
    parameters = value.get("parameters")
    count = len(value) + (len(parameters) if type(parameters) is dict else 0)
    if type(instances) is not list:
        return count
    return count + sum(len(item) for item in instances if type(item) is dict)


def _parsed(value: Any, doubled: list[Fault]) -> Parsed:
    if type(value) is not dict:
        fault = Fault("", f'must be an object {{"instances": [...]}}, not {kind_of(value)}')
        raise InstancesRejected(fault)
    faults = [
        _unknown((), name, MEMBERS)
        for name in list(value)[:100]
        if name not in MEMBERS and name != IGNORED
    ]
    parameters = _parameters(value["parameters"], faults) if "parameters" in value else DEFAULT
    if "instances" not in value:
        missing = Fault("", 'lacks "instances", the list of what to predict')
        raise InstancesRejected(missing, *faults, *doubled)
    return Parsed(value["instances"], (*faults, *doubled), parameters)


def _parameters(value: Any, faults: list[Fault]) -> Parameters:
    """The parameters that are right; the others become faults."""
    if type(value) is not dict:
        faults.append(Fault("/parameters", f"must be an object, not {kind_of(value)}"))
        return DEFAULT
    right: dict[str, bool] = {}
    for name, given in list(value.items())[:100]:
        if name not in PARAMETERS:
            faults.append(_unknown(("parameters",), name, PARAMETERS))
        elif type(given) is not bool:
            told = f"must be true or false, not {kind_of(given)}"
            faults.append(Fault(pointer("parameters", name), told))
        else:
            right[name] = given
    return Parameters(**right)


def _unknown(place: tuple[str, ...], name: str, known: tuple[str, ...]) -> Fault:
    near = nearest(name[:80], list(known))
    hint = f"did you mean {near}?" if near else f"known are {' and '.join(known)}"
    return Fault(pointer(*place, name), f"is not known here; {hint}")


def _check_kind(headers: Mapping[str, str]) -> None:
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise Refusal(
            415,
            "unsupported_encoding",
            "Send the body uncompressed, without Content-Encoding.",
            Accept_Encoding="identity",
        )
    kind, _, rest = headers.get("content-type", "").lower().partition(";")
    kind = kind.strip()
    charset = rest.partition("charset=")[2].strip(" \"'").partition(";")[0].strip(" \"'")
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise Refusal(415, "unsupported_media_type", "Send JSON in UTF-8.")
    if kind and kind != FORM and not kind.endswith(JSON_LIKE):
        raise Refusal(
            415,
            "unsupported_media_type",
            "Send Content-Type: application/json.",
            Accept_Post="application/json",
        )


async def _pieces(receive: Receive) -> Any:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(499, "client_gone", "The caller hung up before its request was whole.")
        more = message.get("more_body", False)
        yield message.get("body", b"")


def _too_large(**headers: str) -> Refusal:
    return Refusal(
        413,
        "body_too_large",
        f"The body has more than {LIMIT} bytes. Send the instances in several requests.",
        **headers,
    )
