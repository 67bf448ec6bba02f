"""What the storage API answers when it refuses: Google's status, words and JSON shape."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refusal with Google's body. reason: the machine word of `error.errors[0].reason`."""

    def __init__(
        self, status: int, message: str, reason: str, domain: str = "global", **place: str
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.reason = reason
        self.domain = domain
        self.place = place

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        detail = {"message": self.message, "domain": self.domain, "reason": self.reason}
        return {
            "error": {
                "code": self.status,
                "message": self.message,
                "errors": [detail | self.place],
            }
        }


class NotModified(Exception):
    """304: the read's precondition says that the caller has it already."""


class Disconnected(Exception):
    """The caller went away in the middle of its request; nothing of it is kept."""


def no_bucket() -> ApiError:
    """404 for a bucket."""
    return ApiError(404, "The specified bucket does not exist.", "notFound")


def no_object(bucket: str, name: str) -> ApiError:
    """404 for an object, or for a generation of it that is gone."""
    return ApiError(404, f"No such object: {bucket}/{name}", "notFound")


def precondition_failed(header: str) -> ApiError:
    """412. header: which precondition."""
    return ApiError(
        412,
        "At least one of the pre-conditions you specified did not hold.",
        "conditionNotMet",
        locationType="header",
        location=header,
    )


def invalid(message: str) -> ApiError:
    """400."""
    return ApiError(400, message, "invalid")


def conflict(message: str) -> ApiError:
    """409."""
    return ApiError(409, message, "conflict")


def unauthorized() -> ApiError:
    """401: there is a token, and it is not a good one."""
    return ApiError(
        401,
        "Invalid Credentials",
        "authError",
        locationType="header",
        location="Authorization",
    )


def forbidden(email: str, permission: str, resource: str) -> ApiError:
    """403. resource: "object" or "bucket"."""
    return ApiError(
        403,
        f"{email} does not have {permission} access to the Google Cloud Storage {resource}. "
        f"Permission '{permission}' denied on resource (or it may not exist).",
        "forbidden",
    )


def too_many_writes(bucket: str, name: str) -> ApiError:
    """429: Google takes one mutation a second of one object."""
    return ApiError(
        429,
        f"The object {bucket}/{name} exceeded the rate limit for object mutation operations "
        "(create, update, and delete). Please reduce your request rate. "
        "See https://cloud.google.com/storage/docs/gcs429.",
        "rateLimitExceeded",
        "usageLimits",
    )


def not_implemented(method: str, path: str) -> ApiError:
    """501: the local storage lacks it, and says so instead of guessing."""
    return ApiError(
        501,
        f"The local storage does not answer {method} {path}; on Google Cloud it may exist.",
        "notImplemented",
    )
