"""The parts of a local cloud, each staged and in an environment of its own, as processes."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from deploy.section.running import JOBS
from deploy.stage import ROOMS
from localcloud.configuration import Configuration
from localcloud.functions import function_part, serving_part
from localcloud.part import Part, base_environment, end, start
from localcloud.readiness import answers
from localcloud.supervisor import tail

PLANES = ("data", "control")
WAIT_SECONDS = 60.0


def parts(
    configuration: Configuration, pythons: dict[str, Path], urls: dict[str, str]
) -> Iterator[Part]:
    """The planes, then the functions, each as in the local cloud but in its own environment."""
    whole = serving_part(configuration)
    for plane in PLANES:
        port = int(urls[plane].rpartition(":")[2])
        told = {**whole.environment, "PORT": str(port), "SERVING_PLANE": plane}
        command = [str(pythons["serving"]), *whole.command[1:]]
        log = whole.log.with_name(f"serving-{plane}.log")
        yield replace(
            whole,
            name=f"serving-{plane}",
            command=command,
            environment=told,
            port=port,
            log=log,
        )
    sockets = Path(configuration.state) / "sockets"
    sockets.mkdir()
    for name in sorted(set(ROOMS) - {"serving"}):
        part = function_part(name, configuration, sockets)
        script = pythons[name].with_name("functions-framework")
        yield replace(part, command=[str(script), *part.command[1:]])


@contextmanager
def running(wanted: list[Part], tell: Callable[[str, float], None] | None = None) -> Iterator[None]:
    """Started parts that answer, all begun at once; ended when the block ends."""
    began = time.monotonic()
    processes = [start(part) for part in wanted]
    try:
        for part, process in zip(wanted, processes, strict=True):
            _await_answer(part, process)
            if tell:
                tell(f"{part.name}: started", began)
        yield
    finally:
        for process in processes:
            end(process, signal.SIGTERM)
        for process in processes:
            process.wait()


def _await_answer(part: Part, process: subprocess.Popen[bytes]) -> None:
    """Wait until it answers HTTP. SystemExit with its log where it does not."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not asyncio.run(answers(part.port, part.ready)):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{part.name} does not start:\n{tail(part.log)}")
        time.sleep(0.05)


def run_job(part: Part) -> str:
    """What a job printed, once it has ended well."""
    done = subprocess.run(
        part.command, cwd=part.folder, env=part.environment, capture_output=True, check=False
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == 0, said[-2000:]
    return said


def reconcile_part(configuration: Configuration, python: Path) -> Part:
    """The reconcile job, as its image starts it in the folder that deploy_version is staged in."""
    folder, module, account, _ = JOBS["reconcile"]
    state = Path(configuration.state)
    environment = {
        **base_environment(state),
        **configuration.settings(),
        **configuration.account_environment(account),
    }
    words = [str(python), "-m", module]
    log = state / "logs" / "reconcile.log"
    return Part("reconcile", words, environment, state / "staged" / folder, log, 0, "")
