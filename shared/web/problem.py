"""Failures as problem+json (RFC 9457): the one place that knows a status for each error."""

from __future__ import annotations

import json
import math
import re
import traceback
from dataclasses import dataclass
from typing import Any

from shared.core import errors
from shared.web.answer import Answer
from shared.web.refusal import Refusal

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """How an error is shown. told: whether its message is for the caller, else `detail` is."""

    status: int
    title: str
    detail: str = ""


AGAIN = "Nothing is wrong with the request; try again in a moment."
OURS = "Nothing is wrong with the request. The fault is on this side and has been logged."

NO_MODEL = "No version of a model of that name is live."
NO_VERSION = "The model has no version of that name."
NO_REPORT = "The version has no report."
BUSY = "Nothing is wrong with the request; what serves the model asks for a pause."
SPENT = "No answer came in time: 10 s, or what the header X-Request-Timeout says, 60 s at the most."

KINDS: dict[type[Exception], Kind] = {
    Refusal: Kind(400, "The request cannot be read"),
    errors.InstancesRejected: Kind(400, "The instances do not fit the model"),
    errors.InvalidRequest: Kind(400, "The model refuses the instances"),
    errors.Unauthenticated: Kind(401, "Who calls is not proved"),
    errors.QuotaExceeded: Kind(429, "Too many requests"),
    errors.CallerNotListed: Kind(403, "The caller may not predict"),
    errors.ModelNotFound: Kind(404, "No such model", NO_MODEL),
    errors.VersionNotFound: Kind(404, "No such version", NO_VERSION),
    errors.ReportNotFound: Kind(404, "No such report", NO_REPORT),
    errors.PermissionDenied: Kind(502, "The service behind this one failed", OURS),
    errors.PlatformBusy: Kind(429, "Too many requests", BUSY),
    errors.DeadlineExceeded: Kind(504, "The time is spent", SPENT),
    errors.RetryableError: Kind(503, "Not available just now", AGAIN),
    errors.PermanentError: Kind(502, "The service behind this one failed", OURS),
    Exception: Kind(500, "Internal error", OURS),
}
"""The nearest class counts, so an error that is new to the tree has an answer too."""

TITLES = {
    404: "Nothing is here",
    405: "The method is not allowed",
    413: "The body is too large",
    415: "The body is of an unsupported kind",
    499: "The caller hung up",
}


def answer(error: Exception, request_id: str = "") -> Answer:
    """The answer for any failure. request_id: by which the log tells of it."""
    kind = kind_of(error)
    status = error.status if isinstance(error, Refusal) else kind.status
    body: dict[str, Any] = {
        "type": f"urn:dropserve:problem:{code(error)}",
        "title": TITLES.get(status, kind.title) if isinstance(error, Refusal) else kind.title,
        "status": status,
        "detail": kind.detail or _unquoted(error)[:500],
    }
    if isinstance(error, errors.InstancesRejected):
        count = len(error.faults)
        body["detail"] = "1 fault." if count == 1 else f"{count} faults."
        body["errors"] = [vars(fault) for fault in error.faults]
    if request_id:
        body["request_id"] = request_id
    headers = {"Cache-Control": "no-store", **_headers(error, status)}
    return Answer(status, json.dumps(body).encode(), MEDIA_TYPE, headers)


def _unquoted(error: Exception) -> str:
    """The message; what a model says may quote what was sent to it."""
    if isinstance(error, errors.InvalidRequest):
        return re.sub(r"'[^']*'?|\"[^\"]*\"?", "'...'", str(error))
    return str(error)


def kind_of(error: Exception) -> Kind:
    """How this error is shown."""
    return next(KINDS[parent] for parent in type(error).__mro__ if parent in KINDS)


def code(error: Exception) -> str:
    """The stable word of the problem's `type`. What failed behind us is nobody's to know."""
    if kind_of(error).status == 502:
        return "upstream"
    return error.code if isinstance(error, errors.DropserveError) else "internal"


def _headers(error: Exception, status: int) -> dict[str, str]:
    if isinstance(error, Refusal):
        return error.headers
    if isinstance(error, errors.Unauthenticated):
        return {"WWW-Authenticate": _challenge(error)}
    if not isinstance(error, errors.RetryableError) or status not in (429, 503):
        return {}
    return {"Retry-After": str(max(1, math.ceil(error.retry_after or 1)))}


def _challenge(error: errors.Unauthenticated) -> str:
    if error.why in ("no_api_key", "api_key"):
        return 'X-API-Key realm="dropserve"'
    if not error.has_token:
        return 'Bearer realm="dropserve"'
    reason = re.sub(r"[^ !#-\[\]-~]", "", str(error))[:200]
    return f'Bearer realm="dropserve", error="invalid_token", error_description="{reason}"'


def facts(error: Exception) -> dict[str, Any]:
    """What the log says of it. Messages that may quote the request stay out."""
    told: dict[str, Any] = {"error": code(error)}
    status = kind_of(error).status
    if isinstance(error, errors.Unauthenticated):
        told["reason"] = error.why
    if status in (403, 429, 502, 503, 504):
        told["reason"] = f"{type(error).__name__}: {error}"[:500]
    if status == 500:
        told["reason"] = type(error).__name__
        told["stack_trace"] = "".join(traceback.format_tb(error.__traceback__))
    return told
