"""Runs the jobs of one local cloud, whichever of Google's APIs was asked for one.

A job is a function's own staged folder, started by another command. An execution is written down
before it is answered for, so a kill -9 at any moment loses none; what had not ended begins anew.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from localcloud.configuration import BATCH_JOB, TRAINING_JOB, Configuration
from localcloud.execution import Execution
from localcloud.functions import account
from localcloud.logentry import now
from localcloud.part import Part, base_environment, end, start, wait_or_kill
from localcloud.supervisor import ending
from shared.logs import log

JOBS = {
    TRAINING_JOB: ("retrain", "shared.job"),
    BATCH_JOB: ("batch_predict", "shared.batch_job"),
}
"""Job -> the function whose folder and account it has, and the module that is its command."""
NICENESS = 10
_FIRST_PAUSE = 0.2


class Jobs:
    """The executions of one local cloud: one at a time, since a laptop has one memory."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._state = Path(configuration.state)
        self._folder = self._state / "jobs"
        self._turn = asyncio.Semaphore(1)
        self._running: set[asyncio.Task[None]] = set()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def resume(self) -> None:
        """Take up what the last process left. To be called in the event loop."""
        for execution in self.executions():
            if not execution.ended:
                self._launch(execution)

    def run(self, execution: Execution) -> Execution:
        """Write an execution down and begin with it."""
        execution.save(self._folder)
        self._launch(execution)
        return execution

    def executions(self) -> list[Execution]:
        """All there were, the oldest first."""
        found = [Execution.load(path) for path in self._folder.glob("*.json")]
        return sorted(found, key=lambda execution: execution.created)

    def cancel(self, identity: str) -> None:
        """End one; one that has ended stays as it is."""
        execution = self._current(identity)
        if execution.ended:
            return
        process = self._processes.get(identity)
        if process is None:  # it waits for its turn
            replace(execution, cancelled=True, ended=now()).save(self._folder)
        else:
            replace(execution, cancelled=True).save(self._folder)
            end(process, signal.SIGTERM)

    async def stop(self) -> None:
        """End what runs; it begins anew at the next start."""
        for task in self._running:
            task.cancel()
        processes = list(self._processes.values())
        for process in processes:
            end(process, signal.SIGTERM)
        await asyncio.gather(*self._running, return_exceptions=True)
        for process in processes:
            await asyncio.to_thread(wait_or_kill, process)

    def _current(self, identity: str) -> Execution:
        return Execution.load(self._folder / f"{identity}.json")

    def _launch(self, execution: Execution) -> None:
        task = asyncio.get_running_loop().create_task(self._execute(execution.id))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _execute(self, identity: str) -> None:
        async with self._turn:
            execution = self._current(identity)
            while not (execution.cancelled or execution.ended):
                execution = replace(execution, begun=execution.begun or now())
                execution.save(self._folder)
                code = await self._try(execution)
                log(f"{identity}: {ending(code)}", job=execution.job, retried=execution.retried)
                execution = self._current(identity)
                if code == 0 or execution.cancelled or execution.retried == execution.retries:
                    told = "" if code == 0 else ending(code)
                    execution = replace(execution, succeeded=code == 0, error=told, ended=now())
                    break
                execution = replace(execution, retried=execution.retried + 1)
                execution.save(self._folder)
                await asyncio.sleep(_FIRST_PAUSE * 2**execution.retried)
            replace(execution, ended=execution.ended or now()).save(self._folder)

    async def _try(self, execution: Execution) -> int:
        process = self._processes[execution.id] = start(self.part(execution))
        try:
            return await asyncio.to_thread(process.wait)
        finally:
            del self._processes[execution.id]

    def part(self, execution: Execution) -> Part:
        """How one try is started."""
        configuration, job = self._configuration, execution.job
        function, module = JOBS[job]
        return Part(
            name=job,
            command=[configuration.job_python or sys.executable, "-m", module, *execution.args],
            environment={
                **base_environment(self._state),
                "OMP_NUM_THREADS": str(os.cpu_count() or 1),
                **({} if execution.bare else configuration.settings()),
                **configuration.account_environment(account(function)),
                "CLOUD_RUN_JOB": job,
                "CLOUD_RUN_EXECUTION": execution.id,
                "CLOUD_RUN_TASK_ATTEMPT": str(execution.retried),
                **execution.environment,
            },
            folder=self._state / "staged" / function,
            log=self._state / "logs" / f"{job}.log",
            port=0,
            ready="",
            niceness=NICENESS,
            memory=configuration.job_memory_bytes,
        )
