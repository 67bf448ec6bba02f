"""The routes of ml v1 that are answered here: `projects.jobs`. Google's error bodies throughout."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.logentry import now
from localcloud.ml.job import BadJob, Job
from localcloud.ml.jobs import Exists, Jobs, Missing

Caller = Callable[[Mapping[str, str]], str | None]
"""Headers -> the calling service account's address, None for a person. Raises PermissionError."""

PAGE = 100
_JOBS = "/v1/projects/{project}/jobs"

Endpoint = Callable[[Request], Awaitable[Any]]


def routes(jobs: Jobs, caller: Caller, project: str) -> list[Route]:
    """Every route of this module."""

    async def create(request: Request) -> Any:
        return jobs.create(Job.of(await _object(request), now())).resource()

    async def get(request: Request) -> Any:
        return jobs.get(request.path_params["job"]).resource()

    async def cancel(request: Request) -> Any:
        jobs.cancel(request.path_params["job"])
        return {}

    async def page(request: Request) -> Any:
        return _page(jobs.list(), request.query_params)

    def route(path: str, endpoint: Endpoint, method: str) -> Route:
        async def answer(request: Request) -> Response:
            try:
                _require(caller(request.headers), request.path_params["project"], project)
                return JSONResponse(await endpoint(request))
            except Exception as error:
                return refusal(error)

        return Route(path, answer, methods=[method])

    return [
        route(_JOBS, create, "POST"),
        route(_JOBS, page, "GET"),
        route(f"{_JOBS}/{{job}}:cancel", cancel, "POST"),
        route(f"{_JOBS}/{{job}}", get, "GET"),
    ]


def refusal(error: Exception) -> Response:
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
    return JSONResponse({"error": {"code": status, "message": message, "status": word}}, status)


def _require(email: str | None, named: str, project: str) -> None:
    if email is not None:
        raise PermissionError(f"{email} may not use training jobs; they are for people.")
    if named != project:
        raise PermissionError(f"There is no project {named!r} here; there is {project!r}.")


def _page(jobs: list[Job], query: Mapping[str, str]) -> dict[str, Any]:
    """One page of a listing; the token is the number of the first job on it."""
    first = int(query.get("pageToken") or 0)
    size = min(int(query.get("pageSize") or PAGE), PAGE)
    shown = [job.resource() for job in jobs[first : first + size]]
    rest = {"nextPageToken": str(first + size)} if first + size < len(jobs) else {}
    return ({"jobs": shown} if shown else {}) | rest


async def _object(request: Request) -> dict[str, Any]:
    value = json.loads(await request.body() or b"{}")
    if not isinstance(value, dict):
        raise BadJob("the body must be a JSON object")
    return value
