"""The wire: paths of aiplatform v1 to the services, page by page, with faults on demand."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.vertex.endpoints import Answer, EndpointService
from tests.fakes.vertex.models import Models
from tests.fakes.vertex.refusal import STATUS, Refusal, require
from tests.fakes.vertex.state import State

PAGE = 2
"""Items in one page, however many were asked for: the service decides."""
MOST_BYTES = 1_500_000
NUMBER = "projects/591020730428"
"""Google answers with the project's number, whatever it was asked with."""

Hook = Callable[[str, str], str | None]
"""(method, path) -> google.rpc's word that is answered instead, or None."""


class VertexServer:
    """One location in memory. `app` answers for it.

    before: asked before a request takes effect; after: asked afterwards, so that its answer is
    lost. hold: deployments do not end until `release`. calls: every request, "METHOD path".
    """

    def __init__(
        self,
        answer: Answer,
        project: str = "p",
        region: str = "us-central1",
        has_artifact: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._asked = f"projects/{project}/locations/{region}"
        self._parent = f"{NUMBER}/locations/{region}"
        self._lock = threading.RLock()
        self.state = State()
        self.models = Models(self.state, self._parent, has_artifact)
        self.endpoints = EndpointService(self.state, self.models, self._parent, answer)
        self.held = False
        self.before: Hook = lambda method, path: None
        self.after: Hook = lambda method, path: None
        self.calls: list[str] = []
        self.app = Starlette(
            routes=[
                Route("/v1/{path:path}", self._serve, methods=["GET", "POST", "PATCH", "DELETE"])
            ]
        )

    def hold(self) -> None:
        """From now on deployments do not end."""
        self.held = True

    def release(self) -> None:
        """They end again."""
        self.held = False

    def finish(self) -> None:
        """End all that runs, as time does."""
        with self._lock:
            for operation in list(self.state.operations.values()):
                if not operation.done:
                    operation.end()

    async def _serve(self, request: Request) -> Response:
        path, body = request.path_params["path"], await request.body()
        with self._lock:
            self.calls.append(f"{request.method} {path}")
            self.state.age(held=self.held)
            try:
                if word := self.before(request.method, path):
                    raise Refusal(word, "not now")
                answer = self._answer(request, path, body)
                if word := self.after(request.method, path):
                    raise Refusal(word, "not now")
            except Refusal as refusal:
                return JSONResponse(refusal.body, STATUS[refusal.status])
        return JSONResponse(answer)

    def _answer(self, request: Request, path: str, data: bytes) -> dict[str, Any]:
        own = path.startswith(f"{self._asked}/") or path.startswith(f"{self._parent}/")
        require(own, f"{path} lies elsewhere", "NOT_FOUND")
        rest = path.split("/", 4)[4]
        body = json.loads(data) if data else {}
        query = dict(request.query_params)
        for pattern, method, serve in self._routes():
            if request.method == method and (found := re.fullmatch(pattern, rest)):
                if method != "GET":
                    require(len(data) <= MOST_BYTES, "the request is too large")
                answer: dict[str, Any] = serve(query, body, *found.groups())
                return answer
        raise Refusal("NOT_FOUND", f"no method {request.method} {path}")

    def _routes(self) -> list[tuple[str, str, Callable[..., Any]]]:
        models, endpoints, word = self.models, self.endpoints, r"([^/:]+)"
        return [
            (r"models:upload", "POST", lambda q, b: self._begun(models.upload(b))),
            (rf"models/{word}", "GET", lambda q, b, m: models.get(m)),
            (rf"models/{word}", "DELETE", lambda q, b, m: self._begun(models.delete(m))),
            (
                rf"models/{word}:listVersions",
                "GET",
                lambda q, b, m: _page("models", models.every_version(m, q.get("filter", "")), q),
            ),
            (
                rf"models/{word}:deleteVersion",
                "DELETE",
                lambda q, b, m: self._begun(models.delete_version(m)),
            ),
            (
                rf"models/{word}:mergeVersionAliases",
                "POST",
                lambda q, b, m: models.merge_aliases(m, b["versionAliases"]),
            ),
            (
                r"endpoints",
                "POST",
                lambda q, b: self._begun(endpoints.create(q.get("endpointId", ""), b)),
            ),
            (
                r"endpoints",
                "GET",
                lambda q, b: _page("endpoints", endpoints.every(q.get("filter", "")), q),
            ),
            (rf"endpoints/{word}", "GET", lambda q, b, e: endpoints.get(e)),
            (rf"endpoints/{word}", "PATCH", lambda q, b, e: endpoints.patch(e, q["updateMask"], b)),
            (rf"endpoints/{word}", "DELETE", lambda q, b, e: self._begun(endpoints.delete(e))),
            (
                rf"endpoints/{word}:deployModel",
                "POST",
                lambda q, b, e: self._begun(endpoints.deploy(e, b)),
            ),
            (
                rf"endpoints/{word}:undeployModel",
                "POST",
                lambda q, b, e: self._begun(endpoints.undeploy(e, b)),
            ),
            (rf"endpoints/{word}:predict", "POST", lambda q, b, e: endpoints.predict(e, b)),
            (rf"(models|endpoints)/{word}/operations", "GET", self._operations),
            (rf"(models|endpoints)/{word}/operations/{word}", "GET", self._operation),
        ]

    def _begun(self, operation: Any) -> dict[str, Any]:
        resource: dict[str, Any] = operation.resource()
        return resource

    def _operation(
        self, query: dict[str, str], _: Any, kind: str, id_: str, number: str
    ) -> dict[str, Any]:
        name = f"{self._parent}/{kind}/{id_}/operations/{number}"
        operation = self.state.operations.get(name)
        if operation is None:
            raise Refusal("NOT_FOUND", f"no operation {name}")
        return self._look(operation)

    def _operations(self, query: dict[str, str], _: Any, kind: str, id_: str) -> dict[str, Any]:
        parent = f"{self._parent}/{kind}/{id_}/operations/"
        every = [one for one in self.state.operations.values() if one.name.startswith(parent)]
        return _page("operations", [self._look(one) for one in every], query)

    def _look(self, operation: Any) -> dict[str, Any]:
        return self.state.look(operation, held=self.held and operation.kind == "DeployModel")


def _page(kind: str, items: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    first = int(query.get("pageToken") or 0)
    page = items[first : first + PAGE]
    more = {"nextPageToken": str(first + PAGE)} if first + PAGE < len(items) else {}
    return {**({kind: page} if page else {}), **more}
