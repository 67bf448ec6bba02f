"""Every route that changes something, asked by every account: who is let through, and who is not.

Objects and buckets are in storage/test_storage_access.py, ml v1's models and versions in
tests/serving/test_right.py; here is all else that answers for Google.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from deploy.stage import ROOT
from localcloud import customjobroute, jobroute, logging
from localcloud.configuration import TRAINING_JOB, Configuration
from localcloud.execution import Execution
from localcloud.jobs import Jobs
from localcloud.ml import route as mlroute
from localcloud.ml.job import Job
from localcloud.ml.jobs import Jobs as TrainingJobs
from localcloud.port import choose
from shared.core import roles
from tests.asgi import Client, served

PLACE = "/v1/projects/dropserve-local/locations/us-central1/customJobs"
ML = "/v1/projects/dropserve-local/jobs"
RUN = f"/v2/projects/dropserve-local/locations/us-central1/jobs/{TRAINING_JOB}:run"
CUSTOM: dict[str, Any] = {
    "displayName": "train",
    "jobSpec": {
        "serviceAccount": "retrain@dropserve-local.iam.gserviceaccount.com",
        "workerPoolSpecs": [
            {
                "machineSpec": {"machineType": "m"},
                "containerSpec": {"imageUri": "i", "command": ["python", "-m", "shared.job"]},
            }
        ],
    },
}
PACKAGE = {"packageUris": ["gs://b/p.tar.gz"], "pythonModule": "a.b"}
PERSON = ""
CHANGES: dict[tuple[str, Any], frozenset[str]] = {
    (RUN, '{"overrides": {"containerOverrides": [{"args": ["x"]}]}}'): roles.JOB_STARTERS,
    (PLACE, "CUSTOM"): roles.JOB_STARTERS,
    (f"{PLACE}/7:cancel", "{}"): roles.JOB_STARTERS,
    (ML, "ML"): frozenset(),
    (f"{ML}/seven:cancel", "{}"): frozenset(),
    ("/v2/entries:write", '{"entries": []}'): frozenset(),
}
"""(path, body) -> the accounts that may, beside people."""
BODIES = {"CUSTOM": CUSTOM, "ML": {"jobId": "one", "trainingInput": PACKAGE}}


@dataclasses.dataclass
class Asked:
    """The routes behind a port. account: who asks now, PERSON for the person at the keyboard."""

    routes: list[Route]
    client: Client
    account: str = PERSON


class _Jobs(Jobs):
    def _launch(self, execution: Execution) -> None:
        """Nothing is started here."""


class _TrainingJobs(TrainingJobs):
    def _launch(self, identity: str) -> None:
        """Nothing is started here."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    state = tmp_path_factory.mktemp("routes")
    configuration = Configuration(str(state), choose(0, {}))
    made = Asked([], Client(0))

    def caller(_: Any) -> str | None:
        return configuration.email(made.account) if made.account else None

    jobs, training = _Jobs(configuration), _TrainingJobs(configuration, ROOT)
    jobs.run(Execution("7", (), {}, "2026-11-22T13:00:00Z", asked=CUSTOM))
    training.create(Job("seven", PACKAGE, "2026-11-22T13:00:00Z"))
    made.routes = [
        *jobroute.routes(jobs, caller, configuration),
        *customjobroute.routes(jobs, caller, configuration),
        *mlroute.routes(training, caller, configuration.project),
        *logging.routes(Path(state) / "logs", configuration.project, caller),
    ]
    (state / "logs").mkdir()
    with served(Starlette(routes=made.routes)) as client:
        made.client = client
        yield made


@pytest.mark.parametrize("account", [*roles.ACCOUNTS, PERSON], ids=lambda name: name or "person")
def test_an_account_may_change_what_the_table_says_and_nothing_else(
    asked: Asked, account: str
) -> None:
    asked.account = account
    for (path, body), allowed in CHANGES.items():
        sent = BODIES.get(body, body)
        data = sent.encode() if isinstance(sent, str) else sent
        headers = {"Content-Type": "application/json"}
        status = asked.client.send("POST", path, data, headers).status
        may = account == PERSON or account in allowed
        assert (status < 300) is may, (path, status)
        assert may or status == 403, (path, status)


READING = {"/v2/entries:list"}
"""Asked by POST, and changes nothing."""


def test_no_route_that_changes_something_is_left_out(asked: Asked) -> None:
    changing = [
        route
        for route in asked.routes
        if (route.methods or set()) - {"GET", "HEAD"} and route.path not in READING
    ]
    paths = [path for path, _ in CHANGES]
    missed = [r.path for r in changing if not any(r.path_regex.fullmatch(p) for p in paths)]
    assert missed == []
    assert len(changing) == len(CHANGES)
