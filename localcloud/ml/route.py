"""The routes of ml v1 that are answered here: `projects.jobs`. Google's error bodies throughout."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.caller import Authenticate
from localcloud.logentry import now
from localcloud.ml.job import Job
from localcloud.ml.jobs import Exists, Jobs, Missing
from localcloud.rpc import json_object, page, refusal

_JOBS = "/v1/projects/{project}/jobs"

Endpoint = Callable[[Request], Awaitable[Any]]


def routes(jobs: Jobs, caller: Authenticate, project: str) -> list[Route]:
    """Every route of this module."""

    async def create(request: Request) -> Any:
        return jobs.create(Job.of(await json_object(request), now())).resource()

    async def get(request: Request) -> Any:
        return jobs.get(request.path_params["job"]).resource()

    async def cancel(request: Request) -> Any:
        jobs.cancel(request.path_params["job"])
        return {}

    async def listed(request: Request) -> Any:
        shown, more = page(jobs.list(), request.query_params)
        return ({"jobs": [job.resource() for job in shown]} if shown else {}) | more

    def route(path: str, endpoint: Endpoint, method: str) -> Route:
        async def answer(request: Request) -> Response:
            try:
                _require(caller(request.headers), request.path_params["project"], project)
                return JSONResponse(await endpoint(request))
            except Exception as error:
                return _refusal(error)

        return Route(path, answer, methods=[method])

    return [
        route(_JOBS, create, "POST"),
        route(_JOBS, listed, "GET"),
        route(f"{_JOBS}/{{job}}:cancel", cancel, "POST"),
        route(f"{_JOBS}/{{job}}", get, "GET"),
    ]


def _refusal(error: Exception) -> Response:
    """Any error as Google words it; one that is not foreseen is raised."""
    told = str(error)
    match error:
        case Missing():
            status, word, message = 404, "NOT_FOUND", f"Field: name Error: no job {told!r}."
        case Exists():
            status, word, message = 409, "ALREADY_EXISTS", f"Field: job.job_id Error: {told!r} is."
        case PermissionError():
            status, word, message = 403, "PERMISSION_DENIED", told
        case ValueError():  # BadJob among them
            status, word, message = 400, "INVALID_ARGUMENT", told
        case _:
            raise error
    return refusal(status, word, message)


def _require(email: str | None, named: str, project: str) -> None:
    if email is not None:
        raise PermissionError(f"{email} may not use training jobs; they are for people.")
    if named != project:
        raise PermissionError(f"There is no project {named!r} here; there is {project!r}.")
