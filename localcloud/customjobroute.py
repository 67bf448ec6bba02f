"""The routes of Vertex AI's custom jobs (aiplatform v1): create, get, list, cancel."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.caller import Authenticate
from localcloud.configuration import Configuration
from localcloud.customjob import execution_of, matches, resource
from localcloud.execution import Execution
from localcloud.jobs import Jobs
from localcloud.metadata import REGION
from localcloud.rpc import Refused, json_object, page, told
from shared.core import roles

_JOBS = "/v1/projects/{project}/locations/{location}/customJobs"


def routes(jobs: Jobs, caller: Authenticate, configuration: Configuration) -> list[Route]:
    """Every route of this module."""
    place = _Place(jobs, caller, configuration)
    return [
        Route(_JOBS, told(place.create), methods=["POST"]),
        Route(_JOBS, told(place.page), methods=["GET"]),
        Route(f"{_JOBS}/{{job}}:cancel", told(place.cancel), methods=["POST"]),
        Route(f"{_JOBS}/{{job}}", told(place.get), methods=["GET"]),
    ]


class _Place:
    """The custom jobs of one location."""

    def __init__(self, jobs: Jobs, caller: Authenticate, configuration: Configuration) -> None:
        self._jobs, self._caller = jobs, caller
        self._starters = {configuration.email(account) for account in roles.JOB_STARTERS}
        self._parent = f"projects/{configuration.project}/locations/{REGION}"
        self._runs_as = configuration.email(roles.RETRAIN)

    async def create(self, request: Request) -> Response:
        self._require(request, "create")
        body = await json_object(request)
        account = (body.get("jobSpec") or {}).get("serviceAccount")
        if account != self._runs_as:
            message = f"Permission 'iam.serviceAccounts.actAs' denied on {account}."
            raise Refused(403, "PERMISSION_DENIED", message)
        return self._shown(self._jobs.run(execution_of(body)))

    async def get(self, request: Request) -> Response:
        self._require(request, "get")
        return self._shown(self._named(request.path_params["job"]))

    async def page(self, request: Request) -> Response:
        self._require(request, "list")
        query = request.query_params
        every = [one for one in reversed(self._every()) if matches(one, query.get("filter", ""))]
        shown, more = page(every, query)
        found = [resource(one, self._parent) for one in shown]
        return JSONResponse({"customJobs": found} | more)

    async def cancel(self, request: Request) -> Response:
        self._require(request, "cancel")
        self._jobs.cancel(self._named(request.path_params["job"]).id)
        return JSONResponse({})

    def _shown(self, execution: Execution) -> Response:
        return JSONResponse(resource(execution, self._parent))

    def _every(self) -> list[Execution]:
        return [one for one in self._jobs.executions() if one.asked]

    def _named(self, identity: str) -> Execution:
        for one in self._every():
            if one.id == identity:
                return one
        raise Refused(404, "NOT_FOUND", f"The CustomJob {identity!r} does not exist.")

    def _require(self, request: Request, verb: str) -> None:
        email = self._caller(request.headers)
        if email is not None and email not in self._starters:
            message = f"Permission 'aiplatform.customJobs.{verb}' denied on '{self._parent}'."
            raise Refused(403, "PERMISSION_DENIED", message)
        if not request.url.path.startswith(f"/v1/{self._parent}/"):
            raise Refused(404, "NOT_FOUND", f"There is no {request.url.path}; {self._parent} is.")
