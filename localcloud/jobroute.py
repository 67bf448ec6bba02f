"""The routes of Cloud Run jobs (v2) that are answered here: run a job, look at its executions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.caller import Authenticate
from localcloud.configuration import BATCH_JOB, TRAINING_JOB, Configuration
from localcloud.execution import Execution
from localcloud.jobs import Jobs
from localcloud.logentry import now
from localcloud.metadata import REGION
from localcloud.rpc import Refused, json_object, told
from shared.core import roles

STARTERS = {TRAINING_JOB: roles.JOB_STARTERS, BATCH_JOB: roles.BATCH_STARTERS}
"""Job -> the accounts that may start it."""

_PLACE = "/v2/projects/{project}/locations/{location}/jobs"


class WrongRun(ValueError):
    """The body of a `:run` does not say what to run in the way that the API has it."""


def routes(jobs: Jobs, caller: Authenticate, configuration: Configuration) -> list[Route]:
    """Every route of this module."""
    place = f"projects/{configuration.project}/locations/{REGION}"
    names = {f"{place}/jobs/{job}": job for job in STARTERS}

    def require(request: Request, end: str) -> str:
        """The job's name. Raises Refused."""
        path = request.url.path.removeprefix("/v2/").removesuffix(end)
        if path not in names:
            raise Refused(404, "NOT_FOUND", f"There is no {path}; there are {', '.join(names)}.")
        email = caller(request.headers)
        starters = {configuration.email(account) for account in STARTERS[names[path]]}
        if email is not None and email not in starters:
            message = f"Permission 'run.jobs.runWithOverrides' denied on resource '{path}'."
            raise Refused(403, "PERMISSION_DENIED", message)
        return path

    async def run(request: Request) -> Response:
        job = require(request, ":run")
        overrides = (await json_object(request)).get("overrides") or {}
        execution = jobs.run(_execution(names[job], overrides))
        kind = {"@type": "type.googleapis.com/google.cloud.run.v2.Execution"}
        return JSONResponse(
            {
                "name": f"{place}/operations/{execution.id}",
                "metadata": {**kind, **resource(execution, job)},
                "done": False,
            }
        )

    async def executions(request: Request) -> Response:
        job = require(request, "/executions")
        mine = (one for one in jobs.executions() if one.job == names[job] and not one.asked)
        found = [resource(one, job) for one in mine]
        return JSONResponse({"executions": found})

    return [
        Route(f"{_PLACE}/{{job}}:run", told(run), methods=["POST"]),
        Route(f"{_PLACE}/{{job}}/executions", told(executions)),
    ]


def resource(execution: Execution, job: str) -> dict[str, Any]:
    """The execution as the API shows it."""
    count = {"succeededCount": 1} if execution.succeeded else {"failedCount": 1}
    return {
        "name": f"{job}/executions/{execution.id}",
        "job": job.rpartition("/")[2],
        "createTime": execution.created,
        "retriedCount": execution.retried,
        "taskCount": 1,
        **(
            {"completionTime": execution.ended, **count} if execution.ended else {"runningCount": 1}
        ),
    }


def _execution(job: str, overrides: Mapping[str, Any]) -> Execution:
    """Arguments and environment from `containerOverrides`."""
    try:
        (container,) = overrides["containerOverrides"]
        args = tuple(container.get("args", ()))
        environment = {one["name"]: one["value"] for one in container.get("env", ())}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongRun("overrides.containerOverrides must be one object: args, env") from error
    if not all(isinstance(text, str) for text in (*args, *environment, *environment.values())):
        raise WrongRun("args and env must be text")
    return Execution(f"{job}-{uuid.uuid4().hex[:8]}", args, environment, now(), job=job)
