"""A whole local cloud: what survives a crash, what is refused, what starts again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import drop, predict, versions
from cli.client import call, call_json
from cli.failure import Failure
from cli.place import ROOT
from cli.progress import Progress
from cli.target import local_target
from localcloud import child
from localcloud.child import ChildCloud
from localcloud.orphan import orphans
from localcloud.port import free_run

IRIS = ROOT / "examples" / "iris.csv"
ROWS = [[6.8, 2.8, 4.8, 1.4]]
Start = Callable[..., ChildCloud]


def go_live(cloud: ChildCloud, model: str) -> str:
    """Drop iris.csv as a model; its version."""
    dropped = drop.upload(
        local_target(cloud.configuration), model, f"data/{model}/iris.csv", IRIS, {}
    )
    assert drop.watch(local_target(cloud.configuration), dropped, 60, Progress(quiet=True)) == 0, (
        dropped.told
    )
    return str(dropped.told["version"])


def command_of(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def until_answered(ask: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            ask()
        except Failure:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def test_what_was_stored_survives_crashes_and_the_ports_stay(start_local_cloud: Start) -> None:
    first = start_local_cloud()
    version = go_live(first, "iris")
    first.kill()
    second = start_local_cloud()
    assert second.configuration.ports == first.configuration.ports
    assert predict.ask(local_target(second.configuration), "iris", ROWS)["model_version"] == version
    for process in [second.process.pid, *orphans(second.state)]:
        os.kill(process, signal.SIGKILL)
    second.process.wait()
    third = start_local_cloud()
    (found,) = versions.versions(local_target(third.configuration), "iris")
    assert found.version == version
    assert found.is_default
    assert third.stop() == 0
    assert orphans(third.state) == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the processes by /proc")
def test_every_part_that_is_killed_comes_back(start_local_cloud: Start) -> None:
    cloud = start_local_cloud()
    for name in ("googleapis", "serving", "retrain", "deploy_version", "predict"):
        word = name if name in ("googleapis", "serving") else f"--target {name} "
        victims = [process for process in orphans(cloud.state) if word in command_of(process)]
        assert victims, name
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        until_answered(lambda: go_live(cloud, "iris"))
        until_answered(lambda: predict.ask(local_target(cloud.configuration), "iris", ROWS))


def test_a_second_one_on_the_same_state_is_refused(local_cloud: ChildCloud) -> None:
    with pytest.raises(child.NotStarted, match=r"already runs on .*--state OTHER_FOLDER"):
        child.start(local_cloud.state)
    assert call_json("GET", f"{local_cloud.url('serving')}/healthz")


def test_a_busy_port_is_refused_by_number(tmp_path: Path) -> None:
    first = free_run(25_000)
    with (
        socket.create_server(("127.0.0.1", first + 1)),
        pytest.raises(child.NotStarted, match=rf"port {first + 1} \(googleapis\) is taken"),
    ):
        child.start(tmp_path / "state", first)


def test_the_peoples_ports_are_those_asked_for(start_local_cloud: Start) -> None:
    first = free_run(26_000)
    cloud = start_local_cloud(port=first)
    assert go_live(cloud, "iris")
    assert cloud.url("predict") == f"http://127.0.0.1:{first}"
    assert predict.ask(local_target(cloud.configuration), "iris", ROWS)["predictions"]
    assert call("GET", f"http://127.0.0.1:{first + 1}/_local/ready")
    assert call("GET", f"http://127.0.0.1:{first + 2}/healthz")
    assert cloud.stop() == 0


def test_a_function_sees_its_folder_and_not_the_checkout(local_cloud: ChildCloud) -> None:
    processes = [
        process for process in orphans(local_cloud.state) if "--target" in command_of(process)
    ]
    assert processes
    for process in processes:
        folder = Path(f"/proc/{process}/cwd").resolve()
        assert folder.parent == local_cloud.state / "staged"
        environment = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
        names = {entry.partition(b"=")[0].decode() for entry in environment}
        assert not names & {"PYTHONPATH", "GOOGLE_APPLICATION_CREDENTIALS", "PYTEST_CURRENT_TEST"}


STARTER = """
import sys
from pathlib import Path
from localcloud import child
child.start(Path(sys.argv[1]))
"""


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", STARTER, str(state)], cwd=ROOT, check=True
    )
    assert (state / "localcloud.json").exists()
    deadline = time.monotonic() + 20
    while orphans(state):
        assert time.monotonic() < deadline
        time.sleep(0.05)
