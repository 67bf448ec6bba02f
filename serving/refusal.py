"""A call that is refused, and the body in which Google's APIs say so."""

from __future__ import annotations

from typing import Any

from shared.core import errors

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class Refusal(errors.DropserveError):
    """An answer that is an error. field: the body's field that is wrong, as ml v1 names it."""

    def __init__(self, code: int, message: str, field: str = "", status: str = "") -> None:
        super().__init__(f"Field: {field} Error: {message}" if field else message)
        self.http_status = code
        self.status = status or STATUS[code]
        self.field = field
        self.description = message

    def body(self) -> dict[str, Any]:
        """google.rpc.Status as JSON, with the field violation where a field is wrong."""
        error: dict[str, Any] = {
            "code": self.http_status,
            "message": str(self),
            "status": self.status,
        }
        if self.field:
            violation = {"field": self.field, "description": self.description}
            error["details"] = [
                {
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [violation],
                }
            ]
        return {"error": error}


def failed_precondition(message: str, field: str = "") -> Refusal:
    """The state forbids the call (400 FAILED_PRECONDITION)."""
    return Refusal(400, message, field, "FAILED_PRECONDITION")


def no_model(model: str) -> Refusal:
    """404 for a model."""
    return Refusal(404, f'The model resource: "{model}" was not found.', "name")


def no_version(model: str, version: str) -> Refusal:
    """404 for a version."""
    return Refusal(
        404, f'The version resource: "{version}" of model "{model}" was not found.', "name"
    )


def refusal_of(error: Exception) -> Refusal:
    """What a caller is told of an error that came from below."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, errors.Unauthenticated):
        return Refusal(401, str(error))
    if isinstance(error, errors.CallerNotListed):
        return Refusal(403, "The caller is known, and is none of the accounts that may call here.")
    if isinstance(error, errors.PermissionDenied):
        return Refusal(503, f"The service's own account lacks a right: {error}")
    if isinstance(error, errors.RetryableError):
        return Refusal(503, f"{error} Try again.")
    if isinstance(error, errors.PreconditionFailed):
        return Refusal(409, "Another call changed the same resource. Try again.", status="ABORTED")
    return Refusal(500, "Internal error encountered.")
