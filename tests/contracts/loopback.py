"""ml v1 on the wire over a FakePlatform: the smallest service our adapters can be held to."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.core.errors import (
    AlreadyExists,
    DropserveError,
    InvalidRequest,
    ModelNotFound,
    OperationNotFound,
    VersionNotFound,
    VersionNotReady,
)
from shared.core.ports import VersionInfo, VersionSpec
from tests.fakes.platform import FakePlatform

PAGE = 2
"""Versions in one page, however many were asked for: the service decides."""

_STATUS: dict[type[DropserveError], tuple[int, str]] = {
    AlreadyExists: (409, "ALREADY_EXISTS"),
    InvalidRequest: (400, "INVALID_ARGUMENT"),
    ModelNotFound: (404, "NOT_FOUND"),
    OperationNotFound: (404, "NOT_FOUND"),
    VersionNotFound: (404, "NOT_FOUND"),
    VersionNotReady: (400, "FAILED_PRECONDITION"),
}


def application(platform: FakePlatform, project: str) -> Starlette:
    """Answers ml v1 for one project."""
    wire = _Wire(platform, f"projects/{project}")
    root = f"/v1/projects/{project}"
    version = root + "/models/{model}/versions/{version}"
    return Starlette(
        routes=[
            Route(root + "/models", wire.create_model, methods=["POST"]),
            Route(root + "/models/{model}", wire.get_model),
            Route(root + "/models/{model}/versions", wire.create_version, methods=["POST"]),
            Route(root + "/models/{model}/versions", wire.list_versions),
            Route(version + ":setDefault", wire.set_default, methods=["POST"]),
            Route(version + ":predict", wire.predict, methods=["POST"]),
            Route(version, wire.get_version),
            Route(version, wire.delete_version, methods=["DELETE"]),
            Route(root + "/operations/{operation}", wire.get_operation),
        ],
        exception_handlers={DropserveError: _refusal},
    )


class _Wire:
    def __init__(self, platform: FakePlatform, parent: str) -> None:
        self.platform, self.parent = platform, parent

    async def create_model(self, request: Request) -> JSONResponse:
        body = await request.json()
        if self._has(body["name"]):
            raise AlreadyExists("A model with the same name already exists.")
        self.platform.ensure_model(body["name"])
        return self._model(body["name"])

    async def get_model(self, request: Request) -> JSONResponse:
        self.platform.list_versions(request.path_params["model"])
        return self._model(request.path_params["model"])

    async def create_version(self, request: Request) -> JSONResponse:
        body = await request.json()
        operation = self.platform.create_version(
            VersionSpec(
                model=request.path_params["model"],
                version=body["name"],
                deployment_uri=body["deploymentUri"],
                runtime_version=body["runtimeVersion"],
                python_version=body["pythonVersion"],
            )
        )
        if operation is None:
            raise AlreadyExists("A version with the same name already exists.")
        return JSONResponse({"name": f"{self.parent}/operations/{operation}", "done": False})

    async def list_versions(self, request: Request) -> JSONResponse:
        every = self.platform.list_versions(request.path_params["model"])
        first = int(request.query_params.get("pageToken", 0))
        page = [self._version(info) for info in every[first : first + PAGE]]
        more = {"nextPageToken": str(first + PAGE)} if first + PAGE < len(every) else {}
        return JSONResponse({**({"versions": page} if page else {}), **more})

    async def get_version(self, request: Request) -> JSONResponse:
        return JSONResponse(self._version(self.platform.get_version(*_name(request))))

    async def delete_version(self, request: Request) -> JSONResponse:
        self.platform.get_version(*_name(request))
        self.platform.delete_version(*_name(request))
        return JSONResponse({"name": f"{self.parent}/operations/delete", "done": True})

    async def set_default(self, request: Request) -> JSONResponse:
        self.platform.set_default(*_name(request))
        return await self.get_version(request)

    async def predict(self, request: Request) -> JSONResponse:
        model, version = _name(request)
        instances = (await request.json())["instances"]
        predictions = self.platform.predict(model, version, instances)
        return JSONResponse({"predictions": predictions}, headers={"X-Model-Version": version})

    async def get_operation(self, request: Request) -> JSONResponse:
        name = request.path_params["operation"]
        error = self.platform.operation_error(name)
        outcome = {"error": {"code": 13, "message": error}} if error else {}
        return JSONResponse({"name": f"{self.parent}/operations/{name}", **outcome})

    def _has(self, model: str) -> bool:
        try:
            self.platform.list_versions(model)
        except ModelNotFound:
            return False
        return True

    def _model(self, model: str) -> JSONResponse:
        return JSONResponse({"name": f"{self.parent}/models/{model}", "etag": "AAE="})

    def _version(self, info: VersionInfo) -> dict[str, Any]:
        facts = {
            "name": f"{self.parent}/models/{info.model}/versions/{info.version}",
            "deploymentUri": info.deployment_uri,
            "state": info.state,
            "isDefault": info.is_default,
            "errorMessage": info.error_message,
        }
        return {key: value for key, value in facts.items() if value}


def _name(request: Request) -> tuple[str, str]:
    return request.path_params["model"], request.path_params["version"]


def _refusal(_: Request, error: Exception) -> JSONResponse:
    code, status = _STATUS[type(error)]  # type: ignore[index]
    body = {"code": code, "message": str(error), "status": status}
    return JSONResponse({"error": body}, code)
