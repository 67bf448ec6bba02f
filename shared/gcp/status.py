"""HTTP status -> error of the tree, for every service this room talks to. Imports nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from shared.core.errors import (
    AlreadyExists,
    DropserveError,
    InvalidRequest,
    JobsUnavailable,
    ObjectNotFound,
    PermanentError,
    PermissionDenied,
    PlatformBusy,
    PlatformUnavailable,
    PreconditionFailed,
    RetryableError,
    StorageUnavailable,
)

_BUSY = (408, 409, 425, 429)
"""Statuses below 500 that say "again, later". 409: the store met a write of the same moment."""


@dataclass(frozen=True)
class Answer:
    """What an error body says: google.rpc's status word and the message for people."""

    status: str
    message: str

    @classmethod
    def parse(cls, body: bytes) -> Answer:
        """From any of Google's error bodies, or none: `{"error": {...}}`, `{"error": "..."}`."""
        try:
            value: Any = json.loads(body)
            error = value["error"]
        except (ValueError, KeyError, TypeError):
            return cls("", body[:300].decode("utf-8", "replace"))
        if isinstance(error, dict):
            return cls(str(error.get("status", "")), str(error.get("message", ""))[:2000])
        return cls("", str(error)[:2000])


def storage_error(status: int, message: str) -> DropserveError:
    """The object store answered `status`."""
    known: dict[int, type[DropserveError]] = {
        401: PermissionDenied,
        403: PermissionDenied,
        404: ObjectNotFound,
        412: PreconditionFailed,
    }
    return _error(status, message, known, StorageUnavailable)


def jobs_error(status: int, message: str) -> DropserveError:
    """The service that runs jobs answered `status`. A job that is not there yet may come to be."""
    known: dict[int, type[DropserveError]] = {
        401: PermissionDenied,
        403: PermissionDenied,
        404: JobsUnavailable,
    }
    return _error(status, message, known, JobsUnavailable)


def platform_error(status: int, answer: Answer, missing: type[PermanentError]) -> DropserveError:
    """The platform answered `status`; missing: what a 404 says is not there.

    409 is ALREADY_EXISTS or ABORTED: in the second case somebody changed the same resource at the
    same moment, and the call may be repeated.
    """
    message = answer.message or answer.status or f"HTTP {status}"
    if answer.status == "ABORTED":
        return PlatformUnavailable(message)
    known: dict[int, type[DropserveError]] = {
        401: PermissionDenied,
        403: PermissionDenied,
        404: missing,
        409: AlreadyExists,
        429: PlatformBusy,
    }
    return _error(status, message, known, PlatformUnavailable)


def _error(
    status: int,
    message: str,
    known: dict[int, type[DropserveError]],
    unavailable: type[RetryableError],
) -> DropserveError:
    if status in known:
        return known[status](message)
    if 400 <= status < 500 and status not in _BUSY:
        return InvalidRequest(message)
    return unavailable(f"{message} (HTTP {status})")


def predictions(answer: Any) -> list[Any]:
    """The predictions of an answer; ml v1 may say 200 and `{"error": "..."}`: InvalidRequest."""
    if isinstance(answer, dict) and "error" in answer:
        raise InvalidRequest(str(answer["error"])[:2000])
    if not isinstance(answer, dict) or not isinstance(answer.get("predictions"), list):
        raise PlatformUnavailable("the platform's answer holds no predictions")
    found: list[Any] = answer["predictions"]
    return found
