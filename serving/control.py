"""The control plane over HTTP: ml v1's routes, their rights, and Google's error bodies.

It never loads a model. Its work is synchronous and runs in threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.answer import refuse, respond
from serving.caller import MANAGE, READ, Caller
from serving.creation import Creation
from serving.deletion import Deletion
from serving.identity import Identity
from serving.model import Models
from serving.operation import Operations
from serving.page import Page
from serving.permission import require
from serving.refusal import Refusal
from serving.version import Versions
from serving.wire import operation_body

MAX_BODY = 1_000_000

Answer = Callable[["Call"], Any]


@dataclass(frozen=True)
class Call:
    """One call: who, which names the path holds, the query, the JSON body."""

    caller: Caller
    path: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class ControlPlane:
    """All methods but `:predict`."""

    project: str
    models: Models
    versions: Versions
    creation: Creation
    deletion: Deletion
    operations: Operations
    identity: Identity
    runs_as: str
    """The account that predictions are made by."""

    def routes(self) -> list[Route]:
        """The routes; those of one model or version can be read by whoever may predict."""
        project, operation = "/v1/projects/{project}", "/v1/projects/{project}/operations"
        models = f"{project}/models"
        versions = f"{models}/{{model}}/versions"
        return [
            self._route("POST", models, lambda call: self.models.create(call.body)),
            self._route("GET", models, lambda call: self.models.list(Page.of(call.query))),
            self._route(
                "GET", f"{models}/{{model}}", lambda call: self.models.get(call.path["model"]), READ
            ),
            self._route("PATCH", f"{models}/{{model}}", self._patch_model),
            self._route(
                "DELETE", f"{models}/{{model}}", lambda call: self.models.delete(call.path["model"])
            ),
            self._route(
                "POST",
                versions,
                lambda call: self.creation.create(call.path["model"], call.body, call.caller),
            ),
            self._route(
                "GET",
                versions,
                lambda call: self.versions.list(call.path["model"], Page.of(call.query)),
            ),
            self._route("POST", f"{versions}/{{version}}:setDefault", self._set_default),
            self._route(
                "GET",
                f"{versions}/{{version}}",
                lambda call: self.versions.get(call.path["model"], call.path["version"]),
                READ,
            ),
            self._route("PATCH", f"{versions}/{{version}}", self._patch_version),
            self._route(
                "DELETE",
                f"{versions}/{{version}}",
                lambda call: self.deletion.delete(call.path["model"], call.path["version"]),
            ),
            self._route("GET", operation, lambda call: self.operations.list(Page.of(call.query))),
            self._route(
                "POST",
                f"{operation}/{{operation}}:cancel",
                lambda call: self.operations.cancel(call.path["operation"]),
            ),
            self._route("GET", f"{operation}/{{operation}}", self._operation),
            self._route("GET", f"{project}:getConfig", self._config),
        ]

    def _patch_model(self, call: Call) -> Any:
        mask = call.query.get("updateMask", "")
        return self.models.patch(call.path["model"], call.body, mask, call.caller)

    def _patch_version(self, call: Call) -> Any:
        mask = call.query.get("updateMask", "")
        return self.versions.patch(call.path["model"], call.path["version"], call.body, mask)

    def _set_default(self, call: Call) -> Any:
        return self.versions.set_default(call.path["model"], call.path["version"], call.caller)

    def _operation(self, call: Call) -> Any:
        return operation_body(self.project, self.creation.operation(call.path["operation"]))

    def _config(self, _: Call) -> Any:
        return {"serviceAccount": self.runs_as}

    def _route(self, method: str, path: str, answer: Answer, right: str = MANAGE) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                call = await self._call(request, right)
                return respond(await run_in_threadpool(answer, call))
            except Exception as error:
                return refuse(error)

        return Route(path, endpoint, methods=[method])

    async def _call(self, request: Request, right: str) -> Call:
        caller = await self.identity.of(request.scope)
        require(caller, right, self.project, request.path_params["project"])
        return Call(caller, request.path_params, dict(request.query_params), await _body(request))


async def _body(request: Request) -> dict[str, Any]:
    data = b""
    async for piece in request.stream():
        data += piece
        if len(data) > MAX_BODY:
            raise Refusal(400, f"Request payload size exceeds the limit: {MAX_BODY} bytes.")
    if not data:
        return {}
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"Invalid JSON payload received. {error}") from None
    if not isinstance(body, dict):
        raise Refusal(400, "Invalid JSON payload received. The body must be an object.")
    return body
