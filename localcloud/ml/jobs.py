"""Keeps and runs the training jobs of one local cloud: one at a time, each written down first.

A kill -9 at any moment loses no job: one that had not ended begins anew at the next start.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from localcloud.configuration import Configuration
from localcloud.logentry import ML_JOB, now
from localcloud.ml import job as states
from localcloud.ml.job import Job
from localcloud.part import Part, base_environment, end, start, wait_or_kill
from localcloud.supervisor import ending

NICENESS = 10


class Exists(Exception):
    """There is a job of that name."""


class Missing(Exception):
    """There is no job of that name."""


class Jobs:
    """All jobs there are. Belongs to one event loop."""

    def __init__(self, configuration: Configuration, root: Path) -> None:
        """root: folder of the source tree, where `localcloud` can be imported from."""
        self._configuration = configuration
        self._root = root
        self._state = Path(configuration.state)
        self._folder = self._state / "ml"
        self._turn = asyncio.Semaphore(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def resume(self) -> None:
        """Take up what the last process left. To be called in the event loop."""
        for job in reversed(self.list()):
            if job.state == states.CANCELLING:
                self._end(job, states.CANCELLED)
            elif job.state not in states.ENDED:
                self._launch(job.id)

    def create(self, job: Job) -> Job:
        """Write it down and begin with it. Raises Exists."""
        if self._path(job.id).exists():
            raise Exists(job.id)
        self._save(job)
        self._launch(job.id)
        return job

    def get(self, identity: str) -> Job:
        """One job. Raises Missing."""
        path = self._path(identity)
        if not path.exists():
            raise Missing(identity)
        return Job.from_json(path.read_bytes())

    def list(self) -> list[Job]:
        """All jobs, the newest first."""
        found = [Job.from_json(path.read_bytes()) for path in self._folder.glob("*.json")]
        return sorted(found, key=lambda job: (job.created, job.id), reverse=True)

    def cancel(self, identity: str) -> None:
        """End it; one that has ended stays as it is. Raises Missing."""
        job = self.get(identity)
        if job.state in states.ENDED:
            return
        process = self._processes.get(identity)
        if process is None:  # it waits for its turn
            self._end(job, states.CANCELLED)
        else:
            self._save(replace(job, state=states.CANCELLING))
            end(process, signal.SIGTERM)

    async def stop(self) -> None:
        """End what runs; it begins anew at the next start."""
        for task in self._tasks:
            task.cancel()
        for process in self._processes.values():
            end(process, signal.SIGTERM)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for process in self._processes.values():
            await asyncio.to_thread(wait_or_kill, process)

    def _launch(self, identity: str) -> None:
        task = asyncio.get_running_loop().create_task(self._run(identity))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, identity: str) -> None:
        async with self._turn:
            job = self.get(identity)
            if job.state in states.ENDED:  # cancelled before its turn
                return
            self._save(replace(job, state=states.RUNNING, started=now()))
            process = self._processes[identity] = start(self.part(job))
            code = await asyncio.to_thread(process.wait)
            end(process, signal.SIGKILL)  # what it started and left behind
            del self._processes[identity]
            self._settle(self.get(identity), code)

    def _settle(self, job: Job, code: int) -> None:
        if job.state == states.CANCELLING:
            self._end(job, states.CANCELLED)
        elif code == 0:
            self._end(job, states.SUCCEEDED)
        else:
            told = f"The replica master 0 ended: {ending(code)}. Its output: ./run logs, or gcloud"
            self._end(job, states.FAILED, f"{told} ai-platform jobs stream-logs {job.id}")

    def _end(self, job: Job, state: str, error: str = "") -> None:
        self._save(replace(job, state=state, ended=now(), error=error))

    def part(self, job: Job) -> Part:
        """How it is started. The packages run with a person's rights, as the person's code."""
        configuration = self._configuration
        store = configuration.url("googleapis")
        return Part(
            name=job.id,
            command=[
                *(sys.executable, "-m", "localcloud.ml.task"),
                *(str(self._path(job.id)), str(self._folder / job.id)),
            ],
            environment={
                **base_environment(self._state),
                "PYTHONPATH": str(self._root),
                "STORAGE_EMULATOR_HOST": store,
                "GOOGLE_CLOUD_PROJECT": configuration.project,
                **{
                    f"{name.upper()}_BUCKET": value for name, value in configuration.buckets.items()
                },
                "CLOUD_ML_JOB_ID": job.id,
                "CLOUD_ML_PROJECT_ID": configuration.project,
                "CLOUD_ML_JOB": json.dumps(job.training_input),
            },
            folder=self._state,
            log=self._state / "logs" / f"{ML_JOB}{job.id}.log",
            port=0,
            ready="",
            niceness=NICENESS,
            memory=configuration.job_memory_bytes,
        )

    def _path(self, identity: str) -> Path:
        return self._folder / f"{identity}.json"

    def _save(self, job: Job) -> None:
        self._folder.mkdir(exist_ok=True)
        temporary = self._path(job.id).with_suffix(".new")
        temporary.write_bytes(job.to_json())
        temporary.replace(self._path(job.id))
