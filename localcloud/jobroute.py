"""The routes of Cloud Run jobs (v2) that are answered here: run a job, look at its executions."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.configuration import Configuration
from localcloud.jobs import Jobs, WrongRun
from shared.core import roles

Caller = Callable[[Mapping[str, str]], str | None]
"""Headers -> the calling service account's address, None for a person. Raises PermissionError."""

_PLACE = "/v2/projects/{project}/locations/{location}/jobs"


class _Refused(Exception):
    """status: google.rpc's code as HTTP and word."""

    def __init__(self, status: int, word: str, message: str) -> None:
        super().__init__(message)
        self.status, self.word = status, word


def routes(jobs: Jobs, caller: Caller, configuration: Configuration) -> list[Route]:
    """Every route of this module."""
    starters = {configuration.email(account) for account in roles.JOB_STARTERS}

    async def run(request: Request) -> Response:
        _require(jobs, caller(request.headers), starters, request.url.path.removesuffix(":run"))
        execution = jobs.run((await _object(request)).get("overrides") or {})
        place = jobs.name.rpartition("/jobs/")[0]
        return JSONResponse(
            {
                "name": f"{place}/operations/{execution.id}",
                "metadata": {
                    "@type": "type.googleapis.com/google.cloud.run.v2.Execution",
                    **execution.resource(jobs.name),
                },
                "done": False,
            }
        )

    async def executions(request: Request) -> Response:
        path = request.url.path.removesuffix("/executions")
        _require(jobs, caller(request.headers), starters, path)
        found = [execution.resource(jobs.name) for execution in jobs.executions()]
        return JSONResponse({"executions": found})

    return [
        Route(f"{_PLACE}/{{job}}:run", _told(run), methods=["POST"]),
        Route(f"{_PLACE}/{{job}}/executions", _told(executions)),
    ]


def _require(jobs: Jobs, email: str | None, starters: set[str], path: str) -> None:
    if email is not None and email not in starters:
        message = f"Permission 'run.jobs.runWithOverrides' denied on resource '{jobs.name}'."
        raise _Refused(403, "PERMISSION_DENIED", message)
    if path != f"/v2/{jobs.name}":
        raise _Refused(404, "NOT_FOUND", f"There is no {path[4:]}; there is {jobs.name}.")


async def _object(request: Request) -> dict[str, Any]:
    body = await request.body()
    value = json.loads(body) if body.strip() else {}
    if not isinstance(value, dict):
        raise WrongRun("the body must be a JSON object")
    return value


Endpoint = Callable[[Request], Awaitable[Response]]


def _told(endpoint: Endpoint) -> Endpoint:
    """Errors in google.rpc's form."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except _Refused as refused:
            return _error(refused.status, refused.word, str(refused))
        except PermissionError as error:
            return _error(401, "UNAUTHENTICATED", str(error))
        except ValueError as error:
            return _error(400, "INVALID_ARGUMENT", str(error))

    return answer


def _error(status: int, word: str, message: str) -> Response:
    return JSONResponse({"error": {"code": status, "message": message, "status": word}}, status)
