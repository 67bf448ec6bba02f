"""One local cloud from start to end: lock, clear up, choose ports, stage, run."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.stage import ROOT
from localcloud.configuration import Configuration
from localcloud.functions import parts
from localcloud.link import sign_in_link
from localcloud.orphan import clear
from localcloud.part import Part, base_environment
from localcloud.port import PortTaken, choose
from localcloud.socketfolder import socket_folder
from localcloud.state import StateBusy, hold
from localcloud.supervisor import StartFailed, Supervisor


class CannotStart(Exception):
    """Why there is no local cloud now, and what to do."""


PARENT_PAUSE = 0.5


def run(
    state: Path, port: int, overrides: dict[str, Any] | None = None, parent: int | None = None
) -> None:
    """Run in the foreground until SIGINT or SIGTERM. Raises CannotStart.

    port: of the predict function, the next two follow; 0: any. overrides: fields of Configuration.
    parent: process id of the parent, to end when that ends; None: to outlive it.
    """
    began = time.monotonic()
    try:
        with hold(state):
            left = clear(state)
            if left:
                report("supervisor", f"ended {left} processes that an earlier run left behind")
            configuration = configure(state, port, overrides or {})
            with socket_folder(state) as sockets:
                everything = [googleapis_part(configuration), *parts(configuration, sockets)]
                asyncio.run(supervise(configuration, everything, began, parent))
                clear(state)
            report("supervisor", "stopped")
    except (PortTaken, StateBusy, StartFailed) as error:
        raise CannotStart(str(error)) from error


def configure(state: Path, port: int, overrides: dict[str, Any]) -> Configuration:
    """Choose the ports and write the configuration that every part and verb reads."""
    try:
        earlier = Configuration.load(state).ports
    except (OSError, ValueError, TypeError):  # none yet, or of an older dropserve
        earlier = {}
    configuration = Configuration(state=str(state), ports=choose(port, earlier), **overrides)
    configuration.save()
    return configuration


def googleapis_part(configuration: Configuration) -> Part:
    """The process that answers for storage, eventarc, metadata and certs."""
    state = Path(configuration.state)
    return Part(
        name="googleapis",
        command=[sys.executable, "-m", "localcloud.googleapis", "--state", str(state)],
        environment=base_environment(state),
        folder=ROOT,
        log=state / "logs" / "googleapis.log",
        port=configuration.ports["googleapis"],
        ready="/_local/ready",
    )


async def supervise(
    configuration: Configuration, everything: list[Part], began: float, parent: int | None
) -> None:
    """Run all parts, the one that others call first."""

    def ready() -> None:
        report("supervisor", f"all parts answer, {time.monotonic() - began:.2f} s after the start")
        say(f"predict  {configuration.url('predict')}")
        say(f"storage  {configuration.url('googleapis')}")
        say(f"ml v1    {configuration.url('serving')}")
        say(f"page     {sign_in_link(configuration)}")
        say("ready")

    log = Path(configuration.state) / "logs" / "supervisor.log"
    log.parent.mkdir(exist_ok=True)

    def told(part: str, fact: str) -> None:
        report(part, fact)
        record(log, part, fact)

    supervisor = Supervisor(everything, told)
    watch = asyncio.ensure_future(end_with(parent, supervisor)) if parent else None
    try:
        await supervisor.run(ready)
    finally:
        if watch:
            watch.cancel()


async def end_with(parent: int, supervisor: Supervisor) -> None:
    """Stop when the parent is no more: nothing tells a process so on every system, so look."""
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_PAUSE)
    supervisor.stop()


def report(part: str, fact: str) -> None:
    """One readable line."""
    say(f"{datetime.now():%H:%M:%S.%f}"[:12] + f"  {part:<15} {fact}")


def say(line: str) -> None:
    """Print, also where nobody reads any more: that must not end a local cloud."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def record(log: Path, part: str, fact: str) -> None:
    """The same fact for ./run logs."""
    time_now = datetime.now().astimezone().isoformat(timespec="milliseconds")
    line = json.dumps({"severity": "INFO", "time": time_now, "message": fact, "part": part})
    with log.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
