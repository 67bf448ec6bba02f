"""The data plane: answers `:predict` straight from ASGI, and proves versions for the control plane.

It only reads. Every answer names the version that gave it.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import orjson
from starlette.types import Message, Receive, Scope, Send

from serving.caller import PREDICT, READ, UNPROVEN, Caller
from serving.creation import Proof
from serving.fresh import Fresh
from serving.identity import Identity
from serving.loaded import Gone, LoadedModel
from serving.measure import Measure
from serving.memory import ModelMemory
from serving.permission import require
from serving.predictor import MissingInstances, PredictionFailed, parse, refusal
from serving.record import Version
from serving.refusal import Refusal, failed_precondition, no_model, no_version, refusal_of
from shared.artifacts.reading import Pin
from shared.core import artifact
from shared.core.cache import Bounded
from shared.core.default import Default
from shared.core.errors import ArtifactRefused, ObjectNotFound, PermanentError, PermissionDenied
from shared.logs import log

TRIES = 3
"""How often a request is asked again whose model was forgotten under it."""

LONGEST = 500
"""Letters of a path that is remembered: two names and a project take fewer, and what is no name is
refused only later."""

_PATH = re.compile(
    r"/v1/projects/(?P<project>[^/:]+)/models/(?P<model>[^/:]+)"
    r"(?:/versions/(?P<version>[^/:]+))?:(?P<verb>predict|prove)"
)
_JSON = (b"content-type", b"application/json; charset=UTF-8")


@dataclass(frozen=True)
class Target:
    """What a path asks for; version "" means the default one."""

    project: str
    model: str
    version: str
    verb: str


class DataPlane:
    """`:predict` of models and versions. pool: where long predictions run."""

    def __init__(
        self,
        project: str,
        identity: Identity,
        versions: Fresh[Version],
        defaults: Fresh[Default],
        memory: ModelMemory,
        max_bytes: int,
        measure: Measure,
    ) -> None:
        self._project = project
        self._identity = identity
        self._versions = versions
        self._defaults = defaults
        self._memory = memory
        self._max_bytes = max_bytes
        self._measure = measure
        self._targets: Bounded[str, Target] = Bounded(1000)

    def takes(self, scope: Scope) -> bool:
        """Whether a request is the data plane's own."""
        return scope["method"] == "POST" and self._target(scope["path"]) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        target = self._target(scope["path"])
        assert target
        headers = [_JSON]
        began = time.perf_counter()
        try:
            caller = await self._identity.of(scope)
            require(caller, PREDICT, self._project, target.project)
            if target.verb == "prove":
                status, body = await self._proof(target, caller)
            else:
                request = await _read(receive, self._max_bytes)
                status, body = await self._predict(target, caller, request, headers)
        except Exception as error:
            status, body = _refused(error)
        if target.verb == "predict":
            version = headers[1][1].decode("latin-1") if len(headers) > 1 else ""
            model = target.model if version else ""
            self._measure.answered(model, version, status, time.perf_counter() - began)
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def prove(self, model: str, version: str) -> Proof:
        """Load a version from what lies in its directory now, and try its golden requests."""
        record = await self._fresh(model, version)
        loaded = await self._memory.load(record.deployment_uri)
        directory = loaded.directory
        golden = len(directory.card.golden.instances) if directory.card else 0
        pin = directory.pin
        return Proof(pin.generation, list(directory.source.order), golden, pin.card)

    async def admit(self, scope: Scope) -> None:
        """Raises where the caller may not read here."""
        require(await self._identity.of(scope), READ, self._project, self._project)

    def forget(self, name: str) -> None:
        """The control plane of this process changed an object."""
        self._versions.forget(name)
        self._defaults.forget(name)

    def close(self) -> None:
        """Free the models."""
        self._memory.close()

    async def _predict(
        self, target: Target, caller: Caller, request: bytes, headers: list[tuple[bytes, bytes]]
    ) -> tuple[int, bytes]:
        asked = parse(request)
        version = target.version or await self._default(target.model)
        record = await self._version(target.model, version, caller)
        headers.append((b"x-model-version", version.encode("latin-1", "replace")))
        for _ in range(TRIES):
            loaded = await self._loaded(record)
            try:
                return 200, await loaded.runner.respond(asked)
            except Gone:
                continue
        raise Refusal(503, "The model was forgotten to make room for others. Try again.")

    async def _loaded(self, record: Version) -> LoadedModel:
        if record.state == "READY":
            pin = Pin(record.generation, record.card)
            return await self._memory.get(record.deployment_uri, pin)
        return await self._memory.load(record.deployment_uri)

    async def _proof(self, target: Target, caller: Caller) -> tuple[int, bytes]:
        require(caller, UNPROVEN, self._project, target.project)
        try:
            proof = await self.prove(target.model, target.version)
        except PermanentError as error:
            return 200, orjson.dumps({"refused": str(error)})
        except PermissionDenied as error:
            return 200, orjson.dumps({"denied": str(error)})
        return 200, orjson.dumps(
            {
                "generation": str(proof.generation),
                "order": proof.order,
                "golden": proof.golden,
                "card": proof.card,
            }
        )

    async def _default(self, model: str) -> str:
        name = artifact.default_name(model)
        try:
            return (await self._defaults.get(name)).value.version
        except ObjectNotFound:
            raise failed_precondition(
                f"The model {model!r} does not exist or has no default version.", "name"
            ) from None

    async def _version(self, model: str, version: str, caller: Caller) -> Version:
        try:
            record = (await self._versions.get(_version_name(model, version))).value
        except ObjectNotFound:
            raise no_version(model, version) from None
        if record.state != "READY":
            record = await self._fresh(model, version)
        if record.state != "READY" and UNPROVEN not in caller.rights:
            raise failed_precondition(
                f"Version {version} of model {model} is {record.state}, not READY. "
                f"{record.error_message}".strip(),
                "name",
            )
        return record

    async def _fresh(self, model: str, version: str) -> Version:
        try:
            return (await self._versions.read(_version_name(model, version))).value
        except ObjectNotFound:
            raise no_version(model, version) from None

    def _target(self, path: str) -> Target | None:
        known = self._targets.get(path)
        if known is None:
            found = _PATH.fullmatch(path)
            if found is None or (found["verb"] == "prove" and not found["version"]):
                return None
            known = Target(found["project"], found["model"], found["version"] or "", found["verb"])
            if len(path) <= LONGEST:
                self._targets[path] = known
        return known


def _version_name(model: str, version: str) -> str:
    if not (artifact.VERSION_NAME.fullmatch(model) and artifact.VERSION_NAME.fullmatch(version)):
        raise no_version(model, version) if model else no_model(model)
    return artifact.registry_version_name(model, version)


async def _read(receive: Receive, limit: int) -> bytes:
    message: Message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        if len(body) > limit:
            break
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise Refusal(400, "The request ended before its body.")
    if len(body) > limit:
        raise Refusal(400, f"Request payload size exceeds the limit: {limit} bytes.")
    return body


def _refused(error: Exception) -> tuple[int, bytes]:
    if isinstance(error, PredictionFailed | MissingInstances):
        return refusal(error)
    if isinstance(error, ArtifactRefused):
        error = Refusal(500, f"Failed to load model: {error} (Error code: 0)")
    told = refusal_of(error)
    if told.http_status >= 500:
        log("a prediction failed", severity="ERROR", error=f"{type(error).__name__}: {told}"[:500])
    return refusal(told)
