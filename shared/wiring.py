"""Settings -> adapters. The only place that asks which platform it is.

Each function returns one object for the process, made at its first call, with the client library
imported then and no sooner. Functions call these inside their handlers.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

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
    from shared.gcp.credentials import Tokens
    from shared.gcp.vertex.image import Image

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
        ...

    def identity(self, audience: str) -> Any:
        """Those that carry ID tokens for one audience."""
        ...


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
_made: dict[str, Any] = {}
_lock = threading.RLock()


def settings() -> Settings:
    """What the environment says. Raises SettingsError."""
    return _once("settings", lambda: Settings.from_environment(os.environ))


def object_store() -> ObjectStore:
    """The object store, for workflows that may block."""
    return _once("object_store", _object_store)


def object_reader() -> ObjectReader:
    """The object store on the request path."""
    return _once("object_reader", _object_reader)


def object_creator() -> ObjectCreator:
    """The object store beside the request path, for what is written there."""
    return _once("object_creator", _object_creator)


def platform() -> ModelPlatform:
    """The prediction platform's control plane."""
    return _once("platform", lambda: platform_of(settings(), _Process()))


def predictor() -> Predictor:
    """The prediction platform's data plane on the request path."""
    return _once("predictor", _predictor)


def training_jobs() -> TrainingJobs:
    """Where the function has trained what it cannot hold."""
    return _once("training_jobs", _training_jobs)


def batch_jobs() -> TrainingJobs:
    """Where the function has predicted for what it cannot hold."""
    return _once("batch_jobs", _batch_jobs)


def event_sender() -> EventSender:
    """What sends events again to the functions that they are for."""
    return _once("event_sender", lambda: event_sender_of(settings(), _Process()))


def online() -> tuple[ObjectReader, Predictor]:
    """The ports of the request path anew, for an event loop that somebody runs and ends."""
    return _object_reader(), _predictor()


def authenticator() -> Authenticator:
    """Who calls `predict`."""
    return _once("authenticator", _authenticator)


def notifier() -> Notifier | None:
    """Who is told what happened; None: nobody."""
    from shared.webhook import webhook

    return _once("notifier", lambda: webhook(settings()))


def load(*ports: str) -> None:
    """Import what these ports need and make nothing: when the process starts, not at an event."""
    for port in ports:
        import_module(_ADAPTERS[port])


def reset() -> None:
    """Forget all that was made, so that the next call reads the environment again (for tests)."""
    with _lock:
        _made.clear()


def _once(name: str, make: Callable[[], _Made]) -> _Made:
    with _lock:
        if name not in _made:
            _made[name] = make()
        return cast("_Made", _made[name])


def _object_store() -> ObjectStore:
    from shared.gcp.credentials import access_credentials
    from shared.gcp.storage import GoogleObjectStore

    known = settings()
    return GoogleObjectStore(known.storage_url, known.google_cloud_project, access_credentials())


def _object_reader() -> ObjectReader:
    from shared.gcp.credentials import access_tokens
    from shared.gcp.reader import GoogleObjectReader

    return GoogleObjectReader(settings().storage_url, access_tokens())


def _object_creator() -> ObjectCreator:
    from shared.gcp.creator import GoogleObjectCreator
    from shared.gcp.credentials import access_tokens

    return GoogleObjectCreator(settings().storage_url, access_tokens())


def _authenticator() -> Authenticator:
    known = settings()
    if known.predict_auth == "iam":
        from shared.gcp.cloud_run import CloudRunAuthenticator

        return CloudRunAuthenticator(known, os.environ)
    if known.predict_auth == "api_key":
        from shared.gcp.api_key import ApiKeyAuthenticator

        return ApiKeyAuthenticator(known, object_reader(), os.environ)
    from shared.gcp.id_token import IdTokenAuthenticator

    return IdTokenAuthenticator(known)


def _training_jobs() -> TrainingJobs:
    known = settings()
    if known.vertex_job_image:
        return _vertex_jobs(known)
    return _cloud_run_jobs(known, known.training_job, known.max_job_csv_bytes)


def _batch_jobs() -> TrainingJobs:
    known = settings()
    return _cloud_run_jobs(known, known.batch_job, known.max_job_batch_bytes)


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
    from shared.gcp.vertex.name import Location

    trainer = Trainer(
        known.vertex_job_image,
        known.vertex_job_machine_type,
        known.email(roles.RETRAIN),
        known.vertex_job_seconds,
        told(os.environ),
        known.vertex_job_key,
    )
    location = Location(known.google_cloud_project, known.region)
    most = known.max_job_csv_bytes
    return VertexJobs(known.vertex_url, location, access_credentials(), trainer, most)


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
    if known.platform in ("cloud-run", "ai-platform"):
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
    if known.platform == "vertex-ai":
        return _vertex(known, caller)
    raise _unknown(known)


def _vertex(known: Settings, caller: Caller) -> ModelPlatform:
    from shared.gcp.vertex.image import Machines
    from shared.gcp.vertex.name import Location
    from shared.gcp.vertex.platform import VertexPlatform

    return VertexPlatform(
        known.vertex_url,
        Location(known.google_cloud_project, known.region),
        caller.access(),
        _image(known),
        Machines(known.vertex_machine_type, known.vertex_min_replicas, known.vertex_max_replicas),
    )


def _image(known: Settings) -> Image:
    from shared.gcp.vertex.image import Image

    return Image(known.vertex_image, known.vertex_predict_route, known.vertex_health_route)


def _predictor() -> Predictor:
    known = settings()
    if known.platform in ("cloud-run", "ai-platform"):
        from shared.gcp.predictor import PlatformPredictor

        url = known.ai_platform_data_url
        return PlatformPredictor(url, known.google_cloud_project, _platform_tokens(url))
    if known.platform == "vertex-ai":
        from shared.gcp.credentials import access_tokens
        from shared.gcp.vertex.name import Location
        from shared.gcp.vertex.predictor import VertexPredictor

        location = Location(known.google_cloud_project, known.region)
        return VertexPredictor(known.vertex_url, location, access_tokens(), _image(known))
    raise _unknown(known)


def _credentials(known: Settings, caller: Caller, url: str) -> Any:
    return caller.identity(url) if known.ai_platform_token == "id" else caller.access()


def _platform_tokens(url: str) -> Tokens:
    from shared.gcp.credentials import access_tokens, id_tokens

    return id_tokens(url) if settings().ai_platform_token == "id" else access_tokens()


def _unknown(known: Settings) -> NotImplementedError:
    return NotImplementedError(f"PLATFORM={known.platform} has no adapter here")
