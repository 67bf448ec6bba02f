"""Training jobs to hold to the contract: the fake, Cloud Run jobs and Vertex AI's custom jobs.

The real ones go over HTTP to what the local cloud answers with, every request held to Google's
discovery documents; what they start truly runs, as a process of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from deploy.stage import stage
from localcloud import customjobroute, jobroute
from localcloud.configuration import TRAINING_JOB, Configuration
from localcloud.execution import Execution
from localcloud.jobs import Jobs
from localcloud.port import choose
from shared.core import roles
from shared.core.ports import TrainingJobs
from shared.gcp.jobs import CloudRunJobs
from shared.gcp.vertex.job import Trainer, VertexJobs
from shared.gcp.vertex.name import Location
from tests.asgi import served
from tests.contracts.discovery import Held, discovery
from tests.fakes.jobs import FakeJobs
from tests.gcp.bearer import Bearer

MOST = 1000
REGION = "us-central1"
KEY = "projects/k/locations/us-central1/keyRings/r/cryptoKeys/c"
IMAGE = "us-central1-docker.pkg.dev/p/dropserve/retrain:1"


@dataclass
class Wired:
    """Jobs behind a port of this machine. calls: "METHOD path" of every request."""

    url: str
    configuration: Configuration
    jobs: Jobs
    held: Held
    caller: str | None = None

    @property
    def executions(self) -> list[Execution]:
        """All there were, the oldest first."""
        return self.jobs.executions()

    def cloud_run(self) -> CloudRunJobs:
        """Our adapter of Cloud Run jobs."""
        job = f"projects/{self.configuration.project}/locations/{REGION}/jobs/{TRAINING_JOB}"
        return CloudRunJobs(self.url, job, Bearer(), MOST)

    def vertex(self, environment: dict[str, str] | None = None) -> VertexJobs:
        """Our adapter of custom jobs."""
        account = self.configuration.email(roles.RETRAIN)
        settings = self.configuration.settings() if environment is None else environment
        trainer = Trainer(IMAGE, "e2-highmem-4", account, 3600.0, settings, KEY)
        location = Location(self.configuration.project, REGION)
        return VertexJobs(self.url, location, Bearer(), trainer, MOST)


@contextmanager
def wired(folder: Path, api: str, version: str) -> Iterator[Wired]:
    """The routes of the local cloud, held to the document of one API."""
    configuration = Configuration(str(folder), choose(0, {}))
    stage("retrain", folder / "staged" / "retrain")
    jobs = Jobs(configuration)
    made = Wired("", configuration, jobs, Held(None, discovery(api, version)))

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        jobs.resume()
        yield
        await jobs.stop()

    given = jobs, lambda headers: made.caller, configuration
    routes = [*jobroute.routes(*given), *customjobroute.routes(*given)]
    made.held.application = Starlette(routes=routes, lifespan=lifespan)
    with served(made.held, lifespan="on") as client:
        made.url = f"http://127.0.0.1:{client.port}"
        yield made
    assert made.held.faults == []


@dataclass(frozen=True)
class Started:
    """A port, and what was started through it: the address each execution trains on."""

    port: TrainingJobs
    started: Callable[[], list[str]]
    deny: Callable[[], None]


@contextmanager
def fake(folder: Path) -> Iterator[Started]:
    """The fake itself."""
    jobs = FakeJobs(MOST)
    yield Started(jobs, lambda: jobs.started, jobs.deny)


@contextmanager
def cloud_run(folder: Path) -> Iterator[Started]:
    """Cloud Run jobs."""
    with wired(folder, "run", "v2") as behind:
        yield from _started(behind, behind.cloud_run())


@contextmanager
def vertex(folder: Path) -> Iterator[Started]:
    """Custom jobs."""
    with wired(folder, "aiplatform", "v1") as behind:
        yield from _started(behind, behind.vertex())


KINDS = {"fake": fake, "cloud run": cloud_run, "vertex": vertex}


def _started(behind: Wired, port: CloudRunJobs | VertexJobs) -> Iterator[Started]:
    def deny() -> None:
        behind.caller = behind.configuration.email(roles.PREDICT)

    yield Started(port, lambda: [word for one in behind.executions for word in one.args], deny)
    port.close()


def ended(execution: Execution) -> Execution:
    """The same execution, as one that has succeeded."""
    return replace(execution, begun=execution.created, ended=execution.created, succeeded=True)
