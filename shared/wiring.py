"""Settings -> adapters. The only place that asks which platform it is.

Each function returns one object for the process, made at its first call, with the client library
imported then and no sooner. Functions call these inside their handlers.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from shared.core import roles
from shared.core.artifact import BATCH_PREFIX, DATA_PREFIX, MODELS_PREFIX
from shared.core.card import SCIKIT_LEARN
from shared.core.ports import (
    Capabilities,
    EventSender,
    ModelPlatform,
    Notifier,
    ObjectCreator,
    ObjectReader,
    ObjectStore,
    Predictor,
    TrainingJobs,
)
from shared.core.principal import Authenticator
from shared.core.settings import Settings, told

if TYPE_CHECKING:
    from shared.gcp.vertex.image import Image
    from shared.gcp.vertex.name import Location

_ADAPTERS = {
    "object_store": "shared.gcp.storage",
    "object_reader": "shared.gcp.reader",
    "platform": "shared.gcp.ai_platform",
    "predictor": "shared.gcp.predictor",
    "authenticator": "shared.gcp.id_token",
    "training_jobs": "shared.gcp.jobs",
}
"""Port -> the module of its usual adapter, for `load`; another one is imported when it is made."""


class Caller(Protocol):
    """Whose calls these are: google-auth's credentials of each kind."""

    def access(self) -> Any:
        """Those that carry access tokens."""

    def identity(self, audience: str) -> Any:
        """Those that carry ID tokens for one audience."""


class _Process:
    """This process's own account."""

    def access(self) -> Any:
        from shared.gcp.credentials import access_credentials

        return access_credentials()

    def identity(self, audience: str) -> Any:
        from shared.gcp.credentials import id_credentials

        return id_credentials(audience)


_OURS = Capabilities(probabilities=True, scikit_learn=SCIKIT_LEARN)
"""What `serving` can."""

_Made = TypeVar("_Made")
_made: dict[Any, Any] = {}
_lock = threading.RLock()


class _Once(Generic[_Made]):
    """Makes one for the process, whoever asks. anew: makes another."""

    def __init__(self, make: Callable[[], _Made]) -> None:
        self.anew = make

    def __call__(self) -> _Made:
        with _lock:
            if self not in _made:
                _made[self] = self.anew()
            return cast("_Made", _made[self])


def reset() -> None:
    """Forget all that was made, so that the next call reads the environment again (for tests)."""
    with _lock:
        _made.clear()


def load(*ports: str) -> None:
    """Import what these ports need and make nothing: when the process starts, not at an event."""
    for port in ports:
        import_module(_ADAPTERS[port])


@_Once
def settings() -> Settings:
    """What the environment says. Raises SettingsError."""
    return Settings.from_environment(os.environ)


@_Once
def object_store() -> ObjectStore:
    """The object store, for workflows that may block."""
    from shared.gcp.credentials import access_credentials
    from shared.gcp.storage import GoogleObjectStore

    known = settings()
    return GoogleObjectStore(known.storage_url, known.google_cloud_project, access_credentials())


@_Once
def object_reader() -> ObjectReader:
    """The object store on the request path."""
    from shared.gcp.credentials import access_tokens
    from shared.gcp.reader import GoogleObjectReader

    return GoogleObjectReader(settings().storage_url, access_tokens())


@_Once
def predictor() -> Predictor:
    """The prediction platform's data plane on the request path."""
    known = settings()
    if known.platform == "vertex-ai":
        from shared.gcp.credentials import access_tokens
        from shared.gcp.vertex.predictor import VertexPredictor

        return VertexPredictor(known.vertex_url, _location(known), access_tokens(), _image(known))
    from shared.gcp.credentials import Tokens
    from shared.gcp.predictor import PlatformPredictor

    url = known.ai_platform_data_url
    tokens = Tokens(lambda: _credentials(known, _Process(), url))
    return PlatformPredictor(url, known.google_cloud_project, tokens)


def online() -> tuple[ObjectReader, Predictor]:
    """The ports of the request path anew, for an event loop that somebody runs and ends."""
    return object_reader.anew(), predictor.anew()


@_Once
def object_creator() -> ObjectCreator:
    """The object store beside the request path, for what is written there."""
    from shared.gcp.creator import GoogleObjectCreator
    from shared.gcp.credentials import access_tokens

    return GoogleObjectCreator(settings().storage_url, access_tokens())


@_Once
def authenticator() -> Authenticator:
    """Who calls `predict`."""
    known = settings()
    if known.predict_auth == "iam":
        from shared.gcp.cloud_run import CloudRunAuthenticator

        return CloudRunAuthenticator(known, os.environ)
    if known.predict_auth == "api_key":
        from shared.gcp.api_key import ApiKeyAuthenticator

        return ApiKeyAuthenticator(known, object_reader(), os.environ)
    from shared.gcp.id_token import IdTokenAuthenticator

    return IdTokenAuthenticator(known)


@_Once
def platform() -> ModelPlatform:
    """The prediction platform's control plane."""
    return platform_of(settings(), _Process())


@_Once
def event_sender() -> EventSender:
    """What sends events again to the functions that they are for."""
    return event_sender_of(settings(), _Process())


@_Once
def training_jobs() -> TrainingJobs:
    """Where the function has trained what it cannot hold."""
    known = settings()
    if known.vertex_job_image:
        return _vertex_jobs(known)
    return _cloud_run_jobs(known, known.training_job, known.max_job_csv_bytes)


@_Once
def batch_jobs() -> TrainingJobs:
    """Where the function has predicted for what it cannot hold."""
    known = settings()
    return _cloud_run_jobs(known, known.batch_job, known.max_job_batch_bytes)


@_Once
def notifier() -> Notifier | None:
    """Who is told what happened; None: nobody."""
    from shared.webhook import webhook

    return webhook(settings())


def _cloud_run_jobs(known: Settings, name: str, most: int) -> TrainingJobs:
    from shared.gcp.credentials import access_credentials
    from shared.gcp.jobs import CloudRunJobs, NoJobs

    if not name:
        return NoJobs()
    job = f"projects/{known.google_cloud_project}/locations/{known.region}/jobs/{name}"
    return CloudRunJobs(known.jobs_url, job, access_credentials(), most)


def _vertex_jobs(known: Settings) -> TrainingJobs:
    from shared.gcp.credentials import access_credentials
    from shared.gcp.vertex.job import Trainer, VertexJobs

    trainer = Trainer(
        known.vertex_job_image,
        known.vertex_job_machine_type,
        known.email(roles.RETRAIN),
        known.vertex_job_seconds,
        told(os.environ),
        known.vertex_job_key,
    )
    most = known.max_job_csv_bytes
    return VertexJobs(known.vertex_url, _location(known), access_credentials(), trainer, most)


def event_sender_of(known: Settings, caller: Caller) -> EventSender:
    """What sends events again, as somebody."""
    from shared.gcp.event import FunctionSender

    functions = {
        (known.data_bucket, DATA_PREFIX): known.retrain_url,
        (known.data_bucket, BATCH_PREFIX): known.batch_predict_url,
        (known.models_bucket, MODELS_PREFIX): known.deploy_version_url,
    }
    return FunctionSender(functions, caller.identity)


def platform_of(known: Settings, caller: Caller) -> ModelPlatform:
    """The prediction platform's control plane, as somebody calls it."""
    if known.platform == "vertex-ai":
        return _vertex(known, caller)
    from shared.gcp.ai_platform import AiPlatform

    control, data = known.ai_platform_url, known.ai_platform_data_url
    return AiPlatform(
        control,
        known.google_cloud_project,
        _credentials(known, caller, control),
        data_url=data,
        data_credentials=_credentials(known, caller, data) if data != control else None,
        capabilities=_OURS if known.platform == "cloud-run" else Capabilities(),
    )


def _vertex(known: Settings, caller: Caller) -> ModelPlatform:
    from shared.gcp.vertex.image import Machines
    from shared.gcp.vertex.platform import VertexPlatform

    return VertexPlatform(
        known.vertex_url,
        _location(known),
        caller.access(),
        _image(known),
        Machines(known.vertex_machine_type, known.vertex_min_replicas, known.vertex_max_replicas),
    )


def _location(known: Settings) -> Location:
    from shared.gcp.vertex.name import Location

    return Location(known.google_cloud_project, known.region)


def _image(known: Settings) -> Image:
    from shared.gcp.vertex.image import Image

    return Image(known.vertex_image, known.vertex_predict_route, known.vertex_health_route)


def _credentials(known: Settings, caller: Caller, url: str) -> Any:
    return caller.identity(url) if known.ai_platform_token == "id" else caller.access()
