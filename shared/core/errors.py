"""The error tree. Every failure that leaves a port or a workflow is one of these.

DropserveError                 .code, .retryable, .severity
|-- PermanentError             acknowledged; trying again cannot help
|   |-- DatasetRejected        the CSV must change (findings say where and how)
|   |-- InstancesRejected      the request must change (faults by JSON pointer)
|   |-- Unauthenticated        no token, or one that does not prove who calls
|   |-- CallerNotListed        known, and not among those who may predict
|   |   `-- ModelNotAllowed    known, and may not ask that model
|   |-- ObjectNotFound         no such object, or no longer that generation
|   |-- PreconditionFailed     somebody else wrote first
|   |-- ModelNotFound, VersionNotFound, ReportNotFound, OperationNotFound
|   |-- AlreadyExists          the name is taken by something else
|   |-- NoticeRefused          the webhook will not take this notice, however often it comes
|   |-- ArtifactRefused        the bytes are not what the card says, or not allowed to load
|   `-- InvalidRequest         the platform refuses the call itself
`-- RetryableError             raised out of the function, so that the event comes again
    |-- StorageUnavailable     the object store did not answer properly
    |-- PlatformUnavailable    the prediction platform did not answer properly
    |   |-- PlatformBusy         it asks for a pause (HTTP 429)
    |   `-- DeadlineExceeded     it did not answer in the time that the caller gave
    |-- QuotaExceeded          the caller asked too often
    |-- KeysUnavailable        the keys that tokens are checked with cannot be had
    |-- PermissionDenied       the account lacks a right, or does not have it yet
    |-- JobsUnavailable        the service that runs training jobs did not answer properly
    |-- VersionNotReady        created, not serving yet
    |-- NoticeNotTaken         the webhook did not take a notice this time
    |-- EventNotTaken          a function did not acknowledge an event that was sent again
    |-- AttemptInProgress      another attempt holds the lease
    `-- NewerFormat            an object written by a newer dropserve
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


class DropserveError(Exception):
    """Base of the tree. `code` is stable and documented; the message is for people."""

    code = "internal"
    retryable = False
    severity = "ERROR"
    """Under which the log tells it, in Cloud Logging's words."""


class PermanentError(DropserveError):
    """Trying again cannot help: tell it and acknowledge."""


class RetryableError(DropserveError):
    """Trying again may help: raise it out of the function."""

    retryable = True
    severity = "WARNING"
    retry_after: float | None = None
    """Seconds to wait first, where whoever refused has said so."""


@dataclass(frozen=True)
class Finding:
    """One thing wrong (or odd) in a CSV.

    code: a stable word from docs/11-csv.md; message: what is wrong and what to do; line: counted
    from 1 in the file (the header is 1); column: the column's name.
    """

    code: str
    message: str
    line: int | None = None
    column: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON, without the places it does not have."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                f"line {self.line}" if self.line is not None else "",
                f"column {self.column!r}" if self.column is not None else "",
            )
            if part
        )
        return f"{self.code}{f' ({place})' if place else ''}: {self.message}"


class DatasetRejected(PermanentError):
    """The CSV cannot be trained on. `findings` is never empty.

    counts: how often each code was found, where more were found than `findings` lists. facts: what
    the refusal stands on, as JSON for the ledger.
    """

    def __init__(
        self,
        *findings: Finding,
        counts: Mapping[str, int] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__("; ".join(str(finding) for finding in findings))
        self.findings = findings
        self.counts = dict(counts or Counter(finding.code for finding in findings))
        self.facts = dict(facts or {})
        self.code = findings[0].code


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a predict request: where (a JSON pointer, RFC 6901) and what."""

    pointer: str
    message: str


class InstancesRejected(PermanentError):
    """The request's instances do not fit the version's schema. `faults` is never empty."""

    code = "instances_rejected"

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.message}" for fault in faults))
        self.faults = faults


class Unauthenticated(PermanentError):
    """Nothing proves who calls. why: a stable word for the log; the message may quote a claim."""

    code = "unauthenticated"

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.why = why

    @property
    def has_token(self) -> bool:
        """Whether a token came at all."""
        return self.why not in ("no_token", "no_api_key")


class CallerNotListed(PermanentError):
    """The caller is known and is not among those who may predict."""

    code = "caller_not_listed"


class ModelNotAllowed(CallerNotListed):
    """The caller is known and may not ask that model."""

    code = "model_not_allowed"


class ObjectNotFound(PermanentError):
    """No such object, or that generation of it is gone."""

    code = "object_not_found"


class PreconditionFailed(PermanentError):
    """A generation or metageneration precondition did not hold."""

    code = "precondition_failed"


class ModelNotFound(PermanentError):
    """The platform has no such model."""

    code = "model_not_found"


class VersionNotFound(PermanentError):
    """The model has no such version."""

    code = "version_not_found"


class ReportNotFound(PermanentError):
    """The version has no report."""

    code = "report_not_found"


class OperationNotFound(PermanentError):
    """The platform knows no such long-running operation."""

    code = "operation_not_found"


class AlreadyExists(PermanentError):
    """The name is taken by something that is not the same thing."""

    code = "already_exists"


class ArtifactRefused(PermanentError):
    """A model directory that must not be loaded or served."""

    code = "artifact_refused"


class NoticeRefused(PermanentError):
    """The webhook answered that it will never take this notice."""

    code = "notice_refused"


class InvalidRequest(PermanentError):
    """The platform refuses the call itself (HTTP 400)."""

    code = "invalid_request"


class StorageUnavailable(RetryableError):
    """The object store did not answer, or answered 429 or 5xx after all retries."""

    code = "storage_unavailable"


class PlatformUnavailable(RetryableError):
    """The prediction platform did not answer, or answered 429 or 5xx after all retries."""

    code = "platform_unavailable"


class PlatformBusy(PlatformUnavailable):
    """The prediction platform asks for a pause (HTTP 429)."""

    code = "platform_busy"


class DeadlineExceeded(PlatformUnavailable):
    """No answer in the time that the caller gave."""

    code = "deadline_exceeded"


class QuotaExceeded(RetryableError):
    """The caller asked this process too often."""

    code = "quota_exceeded"


class KeysUnavailable(RetryableError):
    """The published keys that tokens are checked with cannot be had."""

    code = "keys_unavailable"


class PermissionDenied(RetryableError):
    """The account lacks the right. Google Cloud takes minutes to spread a new one, and a person may
    grant it within the day that an event lives: no drop is lost over it, and the log is loud."""

    code = "permission_denied"
    severity = "ERROR"


class JobsUnavailable(RetryableError):
    """The service that runs training jobs did not answer, or answered 429 or 5xx."""

    code = "jobs_unavailable"


class VersionNotReady(RetryableError):
    """The version exists and does not serve yet."""

    code = "version_not_ready"


class NoticeNotTaken(RetryableError):
    """The webhook did not answer, or answered that it cannot take the notice now."""

    code = "notice_not_taken"


class EventNotTaken(RetryableError):
    """The function did not acknowledge an event that was sent to it again."""

    code = "event_not_taken"


class AttemptInProgress(RetryableError):
    """Another attempt at the same drop holds the lease."""

    code = "attempt_in_progress"


class NewerFormat(RetryableError):
    """The object was written by a newer dropserve; this one must not guess."""

    code = "newer_format"
