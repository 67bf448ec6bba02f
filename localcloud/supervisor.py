"""Keeps the processes of a local cloud running: starts them, restarts what dies, ends them all.

One thread, one event loop: children are watched by SIGCHLD and started by the thread whose death
ends them (localcloud/part.py).
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from localcloud.part import Part, end, start
from localcloud.readiness import until_it_answers

Report = Callable[[str, str], None]
"""Takes the name of a part and one fact about it."""

EARLY_DEATHS = 3
PATIENCE = 60.0
"""Seconds until a local cloud that is not ready is given up."""
GRACE = 3.0
"""Seconds between asking a process to end and ending it."""
LONG_LIFE = 5.0
"""A process that lived this many seconds starts again at once, whatever came before."""


class StartFailed(Exception):
    """A part does not come up; the message holds what it logged last."""


def backoff(deaths: int) -> float:
    """Seconds before the next start after so many short lives in a row: 0, .1, .2 ... 5."""
    return min(5.0, 0.1 * 2 ** (deaths - 2)) if deaths > 1 else 0.0


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    if not log.exists():
        return ""
    text = log.read_bytes()[-20_000:].decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])


class Supervisor:
    """Runs the parts until it is told to stop."""

    def __init__(self, parts: Sequence[Part], report: Report) -> None:
        self._parts = parts
        self._report = report
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._exits: dict[int, asyncio.Future[int]] = {}
        self._stop = asyncio.Event()

    async def run(self, ready: Callable[[], None]) -> None:
        """Start everything, call `ready` once when all answer, return after SIGINT or SIGTERM.

        Raises StartFailed. No process of a part outlives this call.
        """
        self._listen()
        answered = {part.name: asyncio.Event() for part in self._parts}
        keeping = [asyncio.ensure_future(self._keep(part, answered)) for part in self._parts]
        starting = asyncio.ensure_future(self._all_ready(answered, ready))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            waiting: set[asyncio.Future[Any]] = {*keeping, starting, stopping}
            while not stopping.done():
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            self._stop.clear()  # a second Ctrl-C ends the waiting
            for task in (*keeping, starting, stopping):
                task.cancel()
            await asyncio.gather(*keeping, starting, stopping, return_exceptions=True)
            await self._end_all()

    def stop(self) -> None:
        """Let `run` end, as SIGTERM does."""
        self._stop.set()

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGCHLD, self._reap)

    def _reap(self) -> None:
        """Some child ended: tell whoever waits for it."""
        for process in self._processes.values():
            code = process.poll()
            waiting = self._exits.get(process.pid)
            if code is not None and waiting is not None and not waiting.done():
                waiting.set_result(code)

    async def _all_ready(
        self, answered: dict[str, asyncio.Event], ready: Callable[[], None]
    ) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                for event in answered.values():
                    await event.wait()
        except TimeoutError:
            silent = ", ".join(name for name, event in answered.items() if not event.is_set())
            raise StartFailed(f"no answer within {PATIENCE:.0f} s from: {silent}") from None
        ready()

    async def _keep(self, part: Part, answered: dict[str, asyncio.Event]) -> None:
        """Start one part again and again."""
        deaths = 0
        while True:
            began = time.monotonic()
            code = await self._live(part, answered[part.name])
            deaths = 1 if time.monotonic() - began > LONG_LIFE else deaths + 1
            if deaths >= EARLY_DEATHS and not answered[part.name].is_set():
                raise StartFailed(f"{part.name} does not start:\n{tail(part.log)}")
            pause = backoff(deaths)
            again = f"in {pause:.1f} s" if pause else "at once"
            self._report(part.name, f"ended ({ending(code)}); starts again {again}")
            await asyncio.sleep(pause)

    async def _live(self, part: Part, answered: asyncio.Event) -> int:
        """One life of a part: from its start to its exit code."""
        began = time.monotonic()
        process = start(part)
        self._processes[part.name] = process
        exited = self._exits[process.pid] = asyncio.get_running_loop().create_future()
        self._reap()  # it may have ended before anybody listened
        asking = asyncio.ensure_future(until_it_answers(part.port, part.ready))
        try:
            await asyncio.wait({asking, exited}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done() and not exited.done():
                took = time.monotonic() - began
                self._report(
                    part.name, f"ready on port {part.port} in {took:.2f} s, process {process.pid}"
                )
                answered.set()
            code: int = await exited
            return code
        finally:
            asking.cancel()
            del self._exits[process.pid]
            if exited.done():
                end(process, signal.SIGKILL)  # workers that outlived it would hold its port

    async def _end_all(self) -> None:
        """Ask every part to end, wait a little, end what is left."""
        for process in self._processes.values():
            end(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while self._alive() and time.monotonic() < deadline and not self._stop.is_set():
            await asyncio.sleep(0.01)
        for process in self._processes.values():
            end(process, signal.SIGKILL)
            process.wait()

    def _alive(self) -> bool:
        return any(process.poll() is None for process in self._processes.values())


def ending(code: int) -> str:
    """An exit code in words."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
