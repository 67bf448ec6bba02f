"""The supervisor over small parts: starts, deaths, signals, what crashes leave."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcloud.orphan import clear, orphans
from localcloud.port import choose
from localcloud.supervisor import StartFailed, Supervisor, backoff
from tests.localcloud import small_cloud
from tests.localcloud.small_cloud import part


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"
    clear(tmp_path / "state")


@pytest.fixture
def port() -> int:
    return choose(0, {})["predict"]


def supervise(parts: list, then: Callable[[], None] | None = None) -> list[tuple[str, str]]:
    """Run until every part answered, do `then`, stop when it returns False or at once."""
    facts: list[tuple[str, str]] = []

    async def go() -> None:
        supervisor = Supervisor(parts, lambda *fact: facts.append(fact))

        async def after() -> None:
            if then:
                await then(facts)
            supervisor.stop()

        tasks = []
        await supervisor.run(lambda: tasks.append(asyncio.ensure_future(after())))
        await asyncio.gather(*tasks)

    asyncio.run(go())
    return facts


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def wait_for(condition: Callable[[], object]) -> None:
    asyncio.run(until(condition))


def ask(port: int, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
        try:
            return connection.recv(100)
        except ConnectionResetError:
            return b""


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_it_is_ready_when_every_part_answers_and_leaves_nothing_behind(state: Path) -> None:
    ports = choose(0, {})
    parts = [part(state, ports["predict"]), part(state, ports["serving"])]
    facts = supervise(parts)
    assert {name for name, fact in facts if fact.startswith("ready on port")} == {
        one.name for one in parts
    }
    assert orphans(state) == []


def test_a_part_that_dies_starts_again(state: Path, port: int) -> None:
    async def die(facts: list[tuple[str, str]]) -> None:
        await asyncio.to_thread(ask, port, "/die")
        await until(lambda: sum("ready on port" in fact for _, fact in facts) == 2)

    facts = [fact for _, fact in supervise([part(state, port)], die)]
    assert "ended (exit code 3); starts again at once" in facts
    assert (state / "logs" / f"part{port}.log").read_text() == "begun\nbegun\n"


def test_what_a_dead_part_had_started_dies_with_it(state: Path, port: int) -> None:
    marker = state / "worker"

    async def kill(facts: list[tuple[str, str]]) -> None:
        worker = int(marker.read_text())
        leader = next(pid for pid in orphans(state) if pid != worker)
        os.kill(leader, signal.SIGKILL)
        await until(lambda: sum("ready on port" in fact for _, fact in facts) == 2)
        assert not is_alive(worker)

    facts = [fact for _, fact in supervise([part(state, port, str(marker))], kill)]
    assert "ended (killed by SIGKILL); starts again at once" in facts


def test_a_part_that_never_comes_up_ends_the_start_with_its_last_words(
    state: Path, port: int
) -> None:
    broken = part(state, port, command=[sys.executable, "-c", "raise SystemExit('no such thing')"])
    with pytest.raises(StartFailed, match=r"does not start:\s+no such thing"):
        supervise([broken])


def test_a_part_that_ignores_the_request_to_end_is_killed(
    state: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localcloud.supervisor.GRACE", 0.1)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    script = f"{deaf}import sys; sys.argv = ['', '{port}']; import runpy; "
    script += f"runpy.run_path({str(small_cloud.PART)!r}, run_name='__main__')"
    supervise([part(state, port, command=[sys.executable, "-c", script])])
    assert orphans(state) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_with_all_its_parts(state: Path, number: signal.Signals, port: int) -> None:
    cloud = small_cloud.start(state, str(port))
    assert orphans(state)
    cloud.send_signal(number)
    cloud.communicate(timeout=10)
    assert cloud.returncode == 0
    assert orphans(state) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends children so")
def test_its_parts_die_with_a_killed_supervisor(state: Path, port: int) -> None:
    cloud = small_cloud.start(state, str(port))
    cloud.kill()
    cloud.communicate(timeout=10)
    wait_for(lambda: orphans(state) == [])


def test_clearing_ends_what_a_crash_left_and_nothing_else(state: Path, port: int) -> None:
    marker = state / "worker"
    state.mkdir()
    cloud = small_cloud.start(state, f"{port}:{marker}")
    stranger = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(1000)"],
        env={"LOCALCLOUD_STATE": f"{state}-another"},
    )
    try:
        cloud.kill()
        cloud.communicate(timeout=10)
        worker = int(marker.read_text())
        wait_for(lambda: orphans(state) == [worker])
        assert clear(state) == 1
        wait_for(lambda: not is_alive(worker))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_part_that_keeps_dying_waits_longer_each_time() -> None:
    pauses = [backoff(deaths) for deaths in range(1, 12)]
    assert pauses[0] == 0
    assert pauses == sorted(pauses)
    assert pauses[-1] == 5.0


def test_nobody_waits_for_the_supervisor_forever(
    state: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localcloud.supervisor.PATIENCE", 0.2)
    silent = part(state, port, command=[sys.executable, "-c", "import time; time.sleep(100)"])
    began = time.monotonic()
    with pytest.raises(StartFailed, match=f"from: part{port}"):
        supervise([silent])
    assert time.monotonic() - began < 10
    assert orphans(state) == []
