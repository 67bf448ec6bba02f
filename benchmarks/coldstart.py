"""Cold starts, side by side: from the start of a process to its first right answer.

    ./run bench coldstart [--rounds N]

`predict` is the staged function with compiled bytecode, and its first answer is a prediction: token
checked with fetched keys, default and card read, version asked. `serving` loads its one model from
the store. Both beside an ASGI hello world under functions-framework, in turns, in one run.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.cloud import ROOT, Cloud, local_cloud
from benchmarks.peers.peer import free_port
from benchmarks.predict import BODY
from localcloud.functions import function_part, serving_part
from localcloud.part import Part

HELLO = """
import functions_framework.aio

@functions_framework.aio.http
async def hello(request):
    return "hello"
"""
GOALS = {"predict": 1.5, "serving": 2.5}
PATIENCE_SECONDS = 60.0

Ask = Callable[[int], bool]


def start(command: list[str], folder: Path, environment: dict[str, str], ask: Ask) -> float:
    """Seconds from starting a process to its first right answer; it is ended."""
    port = free_port()
    words = [word.replace("PORT", str(port)) for word in command]
    began = time.perf_counter()
    process = subprocess.Popen(
        words, cwd=folder, env={**environment, "PORT": str(port)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not ask(port):
            if process.poll() is not None or time.perf_counter() - began > PATIENCE_SECONDS:
                raise SystemExit(f"{words} did not answer")
            time.sleep(0.002)
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def request(port: int, method: str, path: str, headers: dict[str, str]) -> bool:
    """Whether the process answers 200 by now."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, BODY if method == "POST" else None, headers)
        answer = connection.getresponse()
        body = answer.read()
    except OSError:
        return False
    finally:
        connection.close()
    if answer.status >= 400 and answer.status not in (404, 503):
        raise SystemExit(f"HTTP {answer.status}: {body.decode(errors='replace')}")
    return answer.status == 200


class Starts:
    """The three, ready to be started again and again beside a local cloud that runs."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        (folder / "main.py").write_text(HELLO, encoding="utf-8")
        (folder / "sockets").mkdir()
        configuration = cloud.configuration
        self.predict = function_part("predict", configuration, folder / "sockets")
        self.serving = serving_part(configuration)
        self.path = cloud.predict_path("iris")

    def run(self, name: str) -> float:
        """Seconds of one cold start."""
        return {"hello": self._hello, "predict": self._predict, "serving": self._serving}[name]()

    def _hello(self) -> float:
        script = str(Path(sys.executable).parent / "functions-framework")
        command = [script, "--target", "hello", "--source", "main.py", "--port", "PORT"]
        return start(
            [*command, "--host", "127.0.0.1"], self.folder, dict(self.predict.environment) | {
                "FUNCTION_TARGET": "hello"
            }, lambda port: request(port, "GET", "/", {}),
        )  # fmt: skip

    def _predict(self) -> float:
        headers = {"Authorization": f"Bearer {self.cloud.token()}"}
        return self._part(self.predict, lambda port: request(port, "POST", self.path, headers))

    def _serving(self) -> float:
        return self._part(self.serving, lambda port: request(port, "POST", self.path, {}))

    def _part(self, part: Part, ask: Ask) -> float:
        command = [word.replace(str(part.port), "PORT") for word in part.command]
        return start(command, part.folder, {**os.environ, **part.environment}, ask)


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="./run bench coldstart")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    csv = (ROOT / "examples" / "iris.csv").read_bytes()
    took: dict[str, list[float]] = {"hello": [], "predict": [], "serving": []}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with local_cloud(folder / "cloud") as cloud:
            cloud.settled("iris", cloud.drop("data/iris/iris.csv", csv))
            (folder / "hello").mkdir()
            starts = Starts(cloud, folder / "hello")
            for name in took:
                starts.run(name)
            for _ in range(options.rounds):
                for name, seconds in took.items():
                    seconds.append(starts.run(name))
    medians = {name: statistics.median(seconds) for name, seconds in took.items()}
    missed = 0
    for name, median in medians.items():
        ratio = median / medians["hello"]
        goal = GOALS.get(name)
        missed += goal is not None and ratio > goal
        told = f" (goal {goal:g})" if goal else ""
        print(f"{name:8} {median:6.3f} s  {ratio:5.2f} x hello world{told}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
