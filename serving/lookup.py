"""GET of one model or version on a data plane of its own, which reads and never writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.answer import refuse, respond
from serving.caller import READ
from serving.document import Held
from serving.fresh import Fresh
from serving.identity import Identity
from serving.permission import require
from serving.record import Model, Version
from serving.refusal import no_model, no_version
from serving.wire import model_body, version_body
from shared.core import artifact
from shared.core.default import Default
from shared.core.errors import ObjectNotFound

T = TypeVar("T")


@dataclass(frozen=True)
class Lookup:
    """What `predict` and `gcloud ai-platform predict` ask before they post instances."""

    project: str
    identity: Identity
    models: Fresh[Model]
    versions: Fresh[Version]
    defaults: Fresh[Default]

    def routes(self) -> list[Route]:
        """The two routes."""
        model = "/v1/projects/{project}/models/{model}"
        return [
            Route(model, self._model, methods=["GET"]),
            Route(f"{model}/versions/{{version}}", self._version, methods=["GET"]),
        ]

    async def _model(self, request: Request) -> Response:
        try:
            await self._admit(request)
            return respond(await self.model(request.path_params["model"]))
        except Exception as error:
            return refuse(error)

    async def _version(self, request: Request) -> Response:
        try:
            await self._admit(request)
            names = request.path_params
            return respond(await self.version(names["model"], names["version"]))
        except Exception as error:
            return refuse(error)

    async def model(self, model: str) -> dict[str, Any]:
        """A `Model` with its default version."""
        held = await _held(self.models, artifact.registry_model_name(model))
        if held is None:
            raise no_model(model)
        default = await self._default(model)
        version = None
        if default:
            name = artifact.registry_version_name(model, default)
            version = await _held(self.versions, name)
        return model_body(
            self.project, held, version_body(self.project, version, default) if version else None
        )

    async def version(self, model: str, version: str) -> dict[str, Any]:
        """A `Version`."""
        held = await _held(self.versions, artifact.registry_version_name(model, version))
        if held is None:
            raise no_version(model, version)
        return version_body(self.project, held, await self._default(model))

    async def _default(self, model: str) -> str:
        held = await _held(self.defaults, artifact.default_name(model))
        return held.value.version if held else ""

    async def _admit(self, request: Request) -> None:
        caller = await self.identity.of(request.scope)
        require(caller, READ, self.project, request.path_params["project"])


async def _held(objects: Fresh[T], name: str) -> Held[Any] | None:
    try:
        seen = await objects.read(name)
    except ObjectNotFound:
        return None
    return Held(name, seen.value, seen.generation)
