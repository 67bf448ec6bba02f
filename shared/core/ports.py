"""The ports: what workflows ask of the world. Adapters live in shared/gcp, fakes in tests.

Each port has one text of contract tests (tests/contracts), run on the fake and on the real
adapter. Every method raises only errors of `shared.core.errors`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from shared.core.source import Source

if TYPE_CHECKING:
    from shared.core.event import ObjectFinalized


@dataclass(frozen=True)
class ObjectMeta:
    """What the store knows of one generation of an object. `time_created` as RFC 3339, UTC."""

    bucket: str
    name: str
    generation: int
    metageneration: int
    size: int
    time_created: str
    crc32c: str = ""
    content_type: str = "application/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> Source:
        """That generation, as what something comes from."""
        return Source(self.bucket, self.name, self.generation, self.time_created)


class ObjectStore(Protocol):
    """Google Cloud Storage as the workflows need it. Safe for use from several threads."""

    def stat(self, bucket: str, name: str, generation: int | None = None) -> ObjectMeta:
        """Metadata. Raises ObjectNotFound (also when that generation is gone)."""

    def read(
        self, bucket: str, name: str, generation: int | None = None
    ) -> tuple[bytes, ObjectMeta]:
        """The whole object and the metadata of exactly that generation. Raises ObjectNotFound."""

    def open(self, bucket: str, name: str, generation: int) -> BinaryIO:
        """A forward-only stream over one generation; ObjectNotFound may come at any read."""

    def write(
        self,
        bucket: str,
        name: str,
        data: bytes,
        *,
        if_generation_match: int,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> ObjectMeta:
        """Write only if the live generation is that one; 0: only if there is none.

        Raises PreconditionFailed. 429 (more than one write a second to one name) is retried
        inside. A retry whose first try had arrived is told apart by the caller: reads back.
        """

    def write_stream(
        self,
        bucket: str,
        name: str,
        pieces: Iterator[bytes],
        *,
        if_generation_match: int,
        content_type: str = "application/octet-stream",
    ) -> ObjectMeta:
        """Write what comes piece by piece, in bounded memory; whole or not at all.

        What `pieces` raises comes out, and then nothing was written. Raises PreconditionFailed,
        maybe before all pieces were taken.
        """

    def delete(self, bucket: str, name: str, *, if_generation_match: int) -> None:
        """Delete that generation. Raises ObjectNotFound, PreconditionFailed."""

    def list(self, bucket: str, prefix: str) -> Iterator[ObjectMeta]:
        """Live objects below a prefix, ordered by name."""


@dataclass(frozen=True)
class VersionSpec:
    """A version to be created: ml v1's `Version` in the words of that API."""

    model: str
    version: str
    deployment_uri: str
    runtime_version: str
    python_version: str
    framework: str = "SCIKIT_LEARN"
    description: str = ""


@dataclass(frozen=True)
class VersionInfo:
    """A version as the platform reports it. state: CREATING, READY, FAILED, DELETING, UPDATING."""

    model: str
    version: str
    deployment_uri: str
    state: str
    is_default: bool = False
    error_message: str = ""
    create_time: str = ""


@dataclass(frozen=True)
class Capabilities:
    """Where platforms differ: workflows ask for what they need, never for a platform's name.

    empty_models: whether a model can be there without any version; where not, `ensure_model`
    promises nothing and the first version brings its model with it. probabilities: whether
    versions can answer more than labels. paid_versions: whether each version runs machines of its
    own as long as it is there, so that none is kept beyond those wanted. scikit_learn: major and
    minor version of the library that loads the models there, "" where that is not known beforehand.
    """

    empty_models: bool = True
    probabilities: bool = False
    paid_versions: bool = False
    scikit_learn: str = ""


class ModelPlatform(Protocol):
    """The control plane of a prediction platform, in ml v1's words."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can; the same for the whole life of the process."""

    def ensure_model(self, model: str) -> None:
        """Create the model unless it exists."""

    def create_version(self, spec: VersionSpec) -> str | None:
        """Start creating a version; the operation's name, or None where it was there already.

        A version of that name with the same deployment_uri is success; with another one it is
        AlreadyExists.
        """

    def operation_error(self, operation: str) -> str | None:
        """None while it runs or when it succeeded, else the error's message."""

    def get_version(self, model: str, version: str) -> VersionInfo:
        """Raises ModelNotFound, VersionNotFound."""

    def list_versions(self, model: str) -> list[VersionInfo]:
        """All versions of a model, in no promised order; ModelNotFound."""

    def set_default(self, model: str, version: str) -> None:
        """Make a READY version the default. Raises VersionNotFound, InvalidRequest."""

    def delete_version(self, model: str, version: str) -> None:
        """Delete a version that is not the default; one that is gone is success."""

    def predict(self, model: str, version: str, instances: list[Any]) -> list[Any]:
        """Ask one version by name (golden requests). VersionNotReady, InvalidRequest."""


@dataclass(frozen=True)
class Fetched:
    """An object read by the asynchronous reader; `data` is None where it had not changed."""

    data: bytes | None
    generation: int
    metadata: Mapping[str, str] = field(default_factory=dict)


class ObjectReader(Protocol):
    """Reading objects on the request path, without a thread. Safe for concurrent tasks."""

    async def fetch(
        self, bucket: str, name: str, *, if_generation_not_match: int | None = None
    ) -> Fetched:
        """The live object; with the precondition, data=None where it still is that generation.

        Its custom metadata is not among it: ask `metadata`. Raises ObjectNotFound,
        PermissionDenied, StorageUnavailable.
        """

    async def metadata(self, bucket: str, name: str) -> Fetched:
        """Generation and custom metadata only (data is None)."""

    async def names(self, bucket: str, prefix: str) -> list[str]:
        """Names of the live objects below a prefix, in order."""

    async def close(self) -> None:
        """Close the connections."""


class ObjectCreator(Protocol):
    """Writing objects beside the request path, without a thread. Safe for concurrent tasks."""

    async def create(self, bucket: str, name: str, data: bytes, content_type: str) -> None:
        """Write an object that is not there; one that is there stays, and that is success.

        Raises StorageUnavailable, PermissionDenied, InvalidRequest.
        """

    async def close(self) -> None:
        """Close the connections."""


class TrainingJobs(Protocol):
    """Where a drop is trained, or predicted for, that a function cannot hold: processes with more
    time and memory."""

    @property
    def max_bytes(self) -> int:
        """Bytes of CSV that a job may be given; 0: there are no jobs here."""

    def start(self, inputs_uri: str) -> str:
        """Start one on what was frozen (a `gs://.../inputs.json`); the name of the execution.

        An answer that is lost may leave two executions at work: the drop's lease lets one train.
        Raises JobsUnavailable, PermissionDenied, InvalidRequest.
        """


class Predictor(Protocol):
    """The data plane of a prediction platform."""

    async def predict(
        self,
        model: str,
        version: str,
        instances: list[Any],
        *,
        timeout: float,
        probabilities: bool = False,
    ) -> list[Any]:
        """Predictions of exactly that version; timeout in seconds.

        probabilities: each prediction is {"label": ..., "probabilities": {class: share}};
        InvalidRequest where the version has none. Raises VersionNotFound, VersionNotReady,
        InvalidRequest, PlatformUnavailable (PlatformBusy, DeadlineExceeded), PermissionDenied
        (this function's own credentials were refused).
        """

    async def deployment_uri(self, model: str, version: str) -> str:
        """Where the version's files lie. Raises ModelNotFound, VersionNotFound."""

    async def close(self) -> None:
        """Close the connections."""


class Notifier(Protocol):
    """Tells people's tools what happened."""

    def send(self, body: bytes, *, timeout: float) -> None:
        """Hand over one notice, JSON. Raises NoticeNotTaken, or NoticeRefused for good."""


class EventSender(Protocol):
    """Sends an event to the function that its bucket triggers, as Eventarc does."""

    def send(self, event: ObjectFinalized) -> None:
        """Returns once the function acknowledged it; RetryableError where it did not."""


class Clock(Protocol):
    """The time, so that a simulation can own it."""

    def __call__(self) -> datetime:
        """Now, aware, in UTC."""
