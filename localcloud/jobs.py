"""Answers for Cloud Run jobs (v2): runs the trainer as a process of its own, tries it again.

The job is retrain's own staged folder, started by another command. An execution is written down
before it is answered for, so a kill -9 at any moment loses none; what had not ended begins anew.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from localcloud.configuration import TRAINING_JOB, Configuration
from localcloud.functions import account
from localcloud.logentry import now
from localcloud.metadata import REGION
from localcloud.part import Part, base_environment, end, start, wait_or_kill
from localcloud.supervisor import ending
from shared.logs import log

COMMAND = ("-m", "shared.job")
MAX_RETRIES = 3
NICENESS = 10
_FIRST_PAUSE = 0.2


class WrongRun(ValueError):
    """The body of a `:run` does not say what to run in the way that the API has it."""


@dataclass(frozen=True)
class Execution:
    """One run of the job. retried: tries after the first; ended: RFC 3339, empty while it runs."""

    id: str
    args: tuple[str, ...]
    environment: dict[str, str]
    created: str
    retried: int = 0
    ended: str = ""
    succeeded: bool = False

    def resource(self, job: str) -> dict[str, Any]:
        """The execution as the API shows it."""
        count = {"succeededCount": 1} if self.succeeded else {"failedCount": 1}
        return {
            "name": f"{job}/executions/{self.id}",
            "job": job.rpartition("/")[2],
            "createTime": self.created,
            "retriedCount": self.retried,
            "taskCount": 1,
            **({"completionTime": self.ended, **count} if self.ended else {"runningCount": 1}),
        }


class Jobs:
    """The executions of one local cloud: one at a time, since a laptop has one memory."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._state = Path(configuration.state)
        self._folder = self._state / "jobs"
        self._turn = asyncio.Semaphore(1)
        self._running: set[asyncio.Task[None]] = set()
        self._processes: set[subprocess.Popen[bytes]] = set()

    @property
    def name(self) -> str:
        """The one job that there is."""
        return f"projects/{self._configuration.project}/locations/{REGION}/jobs/{TRAINING_JOB}"

    def resume(self) -> None:
        """Take up what the last process left. To be called in the event loop."""
        for execution in self.executions():
            if not execution.ended:
                self._launch(execution)

    def run(self, overrides: Mapping[str, Any]) -> Execution:
        """Write an execution down and begin with it. Raises WrongRun."""
        args, environment = _overrides(overrides)
        identity = f"{TRAINING_JOB}-{uuid.uuid4().hex[:8]}"
        execution = Execution(identity, args, environment, now())
        self._save(execution)
        self._launch(execution)
        return execution

    def executions(self) -> list[Execution]:
        """All there were, the oldest first."""
        found = [_load(path) for path in self._folder.glob("*.json")]
        return sorted(found, key=lambda execution: execution.created)

    async def stop(self) -> None:
        """End what runs; it begins anew at the next start."""
        for task in self._running:
            task.cancel()
        for process in self._processes:
            end(process, signal.SIGTERM)
        await asyncio.gather(*self._running, return_exceptions=True)
        for process in self._processes:
            await asyncio.to_thread(wait_or_kill, process)

    def _launch(self, execution: Execution) -> None:
        task = asyncio.get_running_loop().create_task(self._execute(execution))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _execute(self, execution: Execution) -> None:
        async with self._turn:
            while True:
                code = await self._try(execution)
                log(f"{execution.id}: {ending(code)}", job=TRAINING_JOB, retried=execution.retried)
                if code == 0 or execution.retried == MAX_RETRIES:
                    break
                execution = replace(execution, retried=execution.retried + 1)
                self._save(execution)
                await asyncio.sleep(_FIRST_PAUSE * 2**execution.retried)
            self._save(replace(execution, ended=now(), succeeded=code == 0))

    async def _try(self, execution: Execution) -> int:
        process = start(self.part(execution))
        self._processes.add(process)
        code = await asyncio.to_thread(process.wait)
        self._processes.discard(process)
        return code

    def part(self, execution: Execution) -> Part:
        """How one try is started."""
        configuration = self._configuration
        return Part(
            name=TRAINING_JOB,
            command=[sys.executable, *COMMAND, *execution.args],
            environment={
                **base_environment(self._state),
                "OMP_NUM_THREADS": str(os.cpu_count() or 1),
                **configuration.settings(),
                **configuration.account_environment(account("retrain")),
                "CLOUD_RUN_JOB": TRAINING_JOB,
                "CLOUD_RUN_EXECUTION": execution.id,
                "CLOUD_RUN_TASK_ATTEMPT": str(execution.retried),
                **execution.environment,
            },
            folder=self._state / "staged" / "retrain",
            log=self._state / "logs" / f"{TRAINING_JOB}.log",
            port=0,
            ready="",
            niceness=NICENESS,
            memory=configuration.job_memory_bytes,
        )

    def _save(self, execution: Execution) -> None:
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"{execution.id}.json"
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(execution)), encoding="utf-8")
        temporary.replace(path)


def _load(path: Path) -> Execution:
    value = json.loads(path.read_text(encoding="utf-8"))
    return Execution(**value | {"args": tuple(value["args"])})


def _overrides(overrides: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Arguments and environment from `containerOverrides`."""
    try:
        (container,) = overrides["containerOverrides"]
        args = tuple(container.get("args", ()))
        environment = {one["name"]: one["value"] for one in container.get("env", ())}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongRun("overrides.containerOverrides must be one object: args, env") from error
    if not all(isinstance(text, str) for text in (*args, *environment, *environment.values())):
        raise WrongRun("args and env must be text")
    return args, environment
